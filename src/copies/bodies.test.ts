import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredBody } from '../ports/orders.ts';
import { createBodies, type Bodies } from './bodies.ts';
import { makeOwnDirectory } from './leftovers.ts';

const never = new AbortController().signal;
let now = new Date('2026-11-22T10:00:00Z');
const clock = { now: () => now };
const aMinuteLater = () => (now = new Date(now.getTime() + 60_000));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const wanted = (text: string, key = text): StoredBody => ({
  key,
  sizeBytes: text.length,
  sha256: sha256(text),
});

let directory: string;
/** What the store has, and which of it was asked for. */
const stored = new Map<string, string>();
let asked: string[];

const storeOf = {
  open: async (key: string) => {
    asked.push(key);
    const text = stored.get(key);
    return text === undefined
      ? undefined
      : {
          sizeBytes: text.length,
          chunks: (async function* () {
            yield Buffer.from(text);
          })(),
          close: () => undefined,
        };
  },
};
const bodiesOf = (maxBytes = 1_000_000): Bodies =>
  createBodies({ store: storeOf, directory, maxBytes, clock });
const textOf = async (bodies: Bodies, body: StoredBody) => {
  const fetched = await bodies.fetch(body, never);
  return fetched.kind === 'ready' ? readFile(fetched.body.path, 'utf8') : fetched.reason;
};

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'bodies-'));
  stored.clear();
  asked = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the files that copies are made of', () => {
  it('are fetched once, also by many at the same time, and by the next process not at all', async () => {
    stored.set('book', 'book');
    const bodies = bodiesOf();
    const texts = await Promise.all([1, 2, 3].map(() => textOf(bodies, wanted('book'))));
    expect(texts).toEqual(['book', 'book', 'book']);
    expect(await textOf(bodiesOf(), wanted('book'))).toBe('book');
    expect(asked).toEqual(['book']);
  });

  it('have a hash that goes on where the body ends', async () => {
    stored.set('book', 'book');
    const fetched = await bodiesOf().fetch(wanted('book'), never);
    const body = fetched.kind === 'ready' ? fetched.body : undefined;
    expect(body?.hash().update(' and tail').digest('hex')).toBe(sha256('book and tail'));
    expect(body?.hash().digest('hex')).toBe(sha256('book'));
  });

  it('are never used when the store has other bytes or none', async () => {
    stored.set('book', 'bOok');
    expect(await textOf(bodiesOf(), wanted('book'))).toBe('file_damaged');
    expect(await textOf(bodiesOf(), wanted('nothing'))).toBe('file_missing');
    expect(await readdir(directory)).toEqual([]);
    stored.set('book', 'book');
    expect(await textOf(bodiesOf(), wanted('book'))).toBe('book');
  });

  it('are fetched anew when a later process finds them damaged', async () => {
    stored.set('book', 'book');
    await textOf(bodiesOf(), wanted('book'));
    const [name = ''] = await readdir(directory);
    await writeFile(path.join(directory, name), 'boOk');
    expect(await textOf(bodiesOf(), wanted('book'))).toBe('book');
  });

  it('make room for new ones, the one used longest ago first', async () => {
    const bodies = bodiesOf(9);
    for (const text of ['aaaa', 'bbbb']) {
      stored.set(text, text);
      await textOf(bodies, wanted(text));
      aMinuteLater();
    }
    await textOf(bodies, wanted('aaaa'));
    aMinuteLater();
    stored.set('cccc', 'cccc');
    await textOf(bodies, wanted('cccc'));
    expect((await readdir(directory)).toSorted()).toEqual(
      ['aaaa', 'cccc'].map((text) => `${sha256(text)}.body`).toSorted(),
    );
  });

  it('that are made here are made once, and a half one never gets its name', async () => {
    const bodies = bodiesOf();
    let made = 0;
    const make = async (file: string) => {
      made += 1;
      await writeFile(file, 'copy');
    };
    await Promise.all([bodies.keep('x.copy', make, never), bodies.keep('x.copy', make, never)]);
    const copy = await bodies.keep('x.copy', make, never);
    expect([made, await readFile(copy.path, 'utf8')]).toEqual([1, 'copy']);
    const killed = async (file: string) => {
      await writeFile(file, 'ha');
      throw new Error('killed');
    };
    const half = bodies.keep('y.copy', killed, never);
    await expect(half).rejects.toMatchObject({ name: 'Fault', kind: 'transient' });
    expect(await readdir(directory)).toEqual(['x.copy']);
  });

  it('come to whoever still wants them when the first who asked is called off', async () => {
    const calledOff = new AbortController();
    const bodies = createBodies({
      store: {
        open: async (key, _options, signal) => {
          if (signal === never) return storeOf.open(key);
          // Begun by the first one, whom nobody answers.
          await new Promise((_, refuse) => signal.addEventListener('abort', () => refuse(new Error('off'))));
          return undefined;
        },
      },
      directory,
      maxBytes: 1_000,
      clock,
    });
    stored.set('book', 'book');
    const first = bodies.fetch(wanted('book'), calledOff.signal);
    const others = [1, 2].map(() => textOf(bodies, wanted('book')));
    setTimeout(() => calledOff.abort(), 10);
    await expect(first).rejects.toThrow();
    expect(await Promise.all(others)).toEqual(['book', 'book']);
    expect(asked).toEqual(['book']);
  });

  it('are not waited for by whoever is called off', async () => {
    const calledOff = new AbortController();
    const bodies = createBodies({
      store: { open: () => new Promise(() => undefined) },
      directory,
      maxBytes: 1_000,
      clock,
    });
    void bodies.fetch(wanted('book'), never);
    const waiting = bodies.fetch(wanted('book'), calledOff.signal);
    setTimeout(() => calledOff.abort(new Error('off')), 10);
    await expect(waiting).rejects.toThrow('off');
  });

  it('are there again once their directory can be used again', async () => {
    const place = path.join(directory, 'mounted');
    await writeFile(place, 'no directory');
    const bodies = createBodies({ store: storeOf, directory: place, maxBytes: 1_000, clock });
    stored.set('book', 'book');
    await expect(bodies.fetch(wanted('book'), never)).rejects.toMatchObject({ kind: 'transient' });
    await rm(place);
    expect(await textOf(bodies, wanted('book'))).toBe('book');
  });

  it('have no name before they are known to be the wanted ones', async () => {
    stored.set('book', 'b00k');
    const bodies = bodiesOf();
    const other = { ...wanted('book'), key: 'book' };
    expect(await bodies.fetch(other, never)).toEqual({ kind: 'unusable', reason: 'file_damaged' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('push out nothing that is not theirs', async () => {
    await mkdir(path.join(directory, 'lost+found'));
    await writeFile(path.join(directory, 'notes.txt'), 'x'.repeat(500));
    stored.set('aaaa', 'aaaa').set('bbbb', 'bbbb');
    const bodies = bodiesOf(4);
    await textOf(bodies, wanted('aaaa'));
    aMinuteLater();
    expect(await textOf(bodies, wanted('bbbb'))).toBe('bbbb');
    expect((await readdir(directory)).toSorted()).toEqual(
      ['lost+found', 'notes.txt', `${sha256('bbbb')}.body`].toSorted(),
    );
  });

  it('of a process without a directory of its own leave nothing behind', async () => {
    stored.set('book', 'book');
    const bodies = createBodies({ store: storeOf, directory: null, maxBytes: 100, clock });
    const fetched = await bodies.fetch(wanted('book'), never);
    const file = fetched.kind === 'ready' ? fetched.body.path : '';
    await bodies.close();
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leave nothing half written behind, and no copy of a buyer for longer than a day', async () => {
    const bodies = bodiesOf();
    stored.set('book', 'book');
    await bodies.fetch(wanted('book'), never);
    const copy = (name: string) => bodies.keep(name, (file) => writeFile(file, 'of a buyer'), never);
    await copy('old.copy');
    await writeFile(path.join(directory, 'book.body.1.part'), 'half');
    const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
    await utimes(path.join(directory, 'old.copy'), now, hoursAgo(25));
    await utimes(path.join(directory, 'book.body.1.part'), now, hoursAgo(2));
    await utimes(path.join(directory, `${sha256('book')}.body`), now, hoursAgo(900));
    await copy('young.copy');
    await bodies.sweep();
    expect((await readdir(directory)).toSorted()).toEqual(
      [`${sha256('book')}.body`, 'young.copy'].toSorted(),
    );
  });

  it('are made where somebody has taken their directory away', async () => {
    stored.set('book', 'book');
    const bodies = bodiesOf();
    await rm(directory, { recursive: true });
    expect(await textOf(bodies, wanted('book'))).toBe('book');
  });
});

describe('the directory of one process', () => {
  it('goes when the next one begins, if its process was killed', async () => {
    const nobody = 2 ** 22 + 1;
    await mkdir(path.join(directory, `fulfillment-books-${nobody}-abc`));
    await writeFile(path.join(directory, `fulfillment-books-${nobody}-abc`, 'x.body'), 'x');
    await mkdir(path.join(directory, 'of-others'));
    const own = await makeOwnDirectory(directory);
    const next = await makeOwnDirectory(directory);
    expect((await readdir(directory)).toSorted()).toEqual(
      [path.basename(own), path.basename(next), 'of-others'].toSorted(),
    );
  });
});
