import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryFileStore } from '../../../test/fakes/memoryFileStore.ts';
import { bodyOf } from '../../domain/fileBody.ts';
import { Fault } from '../../domain/fault.ts';
import type { KeptFile, OrderFile, Remade } from '../../ports/storageScrub.ts';
import { checkFile } from './checkFile.ts';
import { withPatience } from './patience.ts';
import { putInPlace } from './putInPlace.ts';
import { scrubFile } from './scrubFile.ts';
import { scrubPayment } from './scrubStore.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const signal = AbortSignal.timeout(10_000);
const rules = { repair: true, removeMasters: false };

const aFile = (key: string, text: string): OrderFile => ({
  kind: 'copy',
  fileId: key,
  paymentId: 'payment',
  orderId: 'AAAA-BBBB-CCCC',
  jobId: null,
  lineNo: 1,
  format: 'pdf',
  productId: 'calm',
  version: '1',
  record: null,
  buyerName: null,
  key,
  sizeBytes: text.length,
  sha256: sha256(text),
});

function desk(contents: Record<string, string>, { current = true } = {}) {
  const store = createMemoryFileStore();
  const contentType = 'application/pdf';
  for (const [key, text] of Object.entries(contents))
    store.objects.set(key, { bytes: bytesOf(text), contentType });
  const remade = (text: string): Remade => ({
    kind: 'ready',
    body: bodyOf(bytesOf(text), sha256(text)),
    contentType,
    close: async () => undefined,
  });
  const made: string[] = [];
  return {
    store,
    made,
    clock: { sleep: async () => undefined },
    kept: {
      isCurrent: async () => current,
      ofPayment: async () => [aFile('a', 'first'), aFile('b', 'second')],
    },
    remaker: {
      remake: async ({ key }: KeptFile) => {
        made.push(key);
        return remade(key === 'a' ? 'first' : 'second');
      },
    },
    repair: (repair: Parameters<typeof putInPlace>[1]) => putInPlace(store, repair, signal),
    text: (key: string) => Buffer.from(store.objects.get(key)?.bytes ?? []).toString(),
  };
}

describe('a scrub of one file', () => {
  it('makes nothing again of what is sound', async () => {
    const at = desk({ a: 'first' });
    expect(await scrubFile(at, aFile('a', 'first'), rules, signal)).toBeUndefined();
    expect(at.made).toEqual([]);
  });

  it('is silent about a file that the database has replaced meanwhile', async () => {
    const at = desk({}, { current: false });
    expect(await scrubFile(at, aFile('a', 'first'), rules, signal)).toBeUndefined();
    expect(at.made).toEqual([]);
  });

  it('tells of a file that the store has and does not give, and goes on', async () => {
    const at = desk({ a: 'first' });
    at.store.fail({ kind: 'permanent', reason: 'storage_refused', message: 'No.' });
    expect(await scrubFile(at, aFile('a', 'first'), rules, signal)).toMatchObject({
      found: 'unreadable',
      outcome: 'broken',
      reason: 'storage_refused',
    });
  });

  it('does not take one file that is stuck for a store that is down', async () => {
    const at = desk({ a: 'first' });
    const fault = new Fault({ kind: 'transient', reason: 'disk_failed', message: 'The disk says no.' });
    const stuck = {
      ...at.store,
      open: async (key: string, ...rest: [object, AbortSignal]) => {
        if (key === 'a') throw fault;
        return at.store.open(key, ...rest);
      },
    };
    const found = await scrubFile({ ...at, store: stuck }, aFile('a', 'first'), rules, signal);
    expect(found).toMatchObject({ found: 'unreadable', reason: 'disk_failed' });
    at.store.failAlways({ kind: 'transient', reason: 'down', message: 'Down.' });
    await expect(scrubFile(at, aFile('a', 'first'), rules, signal)).rejects.toMatchObject({ reason: 'down' });
  });

  it('is done once by two at the same time', async () => {
    const at = desk({ a: 'fIrst' });
    const file = aFile('a', 'first');
    const both = await Promise.all([scrubFile(at, file, rules, signal), scrubFile(at, file, rules, signal)]);
    expect(at.text('a')).toBe('first');
    expect(both.map((one) => one?.outcome)).toContain('repaired');
  });

  it('leaves a sound file that came to stand where a damaged one was found', async () => {
    const at = desk({ a: 'fIrst' });
    const late = {
      ...at,
      repair: async (repair: Parameters<typeof putInPlace>[1]) => {
        at.store.objects.set('a', { bytes: bytesOf('first'), contentType: 'x' });
        return at.repair(repair);
      },
    };
    expect(await scrubFile(late, aFile('a', 'first'), rules, signal)).toMatchObject({
      outcome: 'broken',
      reason: 'changed_meanwhile',
    });
    expect(at.text('a')).toBe('first');
  });

  it('looks after all files of one payment', async () => {
    const at = desk({ a: 'first', b: 'sec' });
    const findings = await scrubPayment(at, 'payment', { repair: true }, signal);
    expect(findings).toMatchObject([{ key: 'b', outcome: 'repaired' }]);
    expect(at.text('b')).toBe('second');
  });
});

describe('a check of one file', () => {
  it('keeps none of it in memory', async () => {
    const chunk = new Uint8Array(1 << 20).fill(7);
    const hash = createHash('sha256');
    for (let part = 0; part < 200; part += 1) hash.update(chunk);
    const chunks = async function* () {
      for (let part = 0; part < 200; part += 1) {
        await new Promise(setImmediate);
        yield chunk.slice();
      }
    };
    const opened = { sizeBytes: 200 << 20, chunks: chunks(), close: () => undefined };
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const wanted = { key: 'a', sizeBytes: 200 << 20, sha256: hash.digest('hex') };
    expect(await checkFile({ open: async () => opened }, wanted, signal)).toEqual({ state: 'sound' });
    clearInterval(watching);
    expect(Math.max(peak, process.memoryUsage().rss) - before).toBeLessThan(100 << 20);
  });
});

describe('patience', () => {
  const down = () => new Fault({ kind: 'transient', reason: 'down', message: 'Down.' });

  it('tries a few times, and longer where the store asks for it', async () => {
    const slept: number[] = [];
    const clock = { sleep: async (ms: number) => void slept.push(ms) };
    let tries = 0;
    const work = async () => {
      if ((tries += 1) <= 2)
        throw new Fault({ kind: 'rate_limited', reason: 'slow', message: 'Slow.', retryAfterMs: 5_000 });
      return 'done';
    };
    expect(await withPatience(work, clock, signal)).toBe('done');
    expect(slept).toEqual([5_000, 5_000]);
    await expect(withPatience(() => Promise.reject(down()), clock, signal)).rejects.toMatchObject({
      reason: 'down',
    });
    expect(slept).toHaveLength(5);
  });

  it('does not wait for what will never pass', async () => {
    const fault = new Fault({ kind: 'needs_human', reason: 'refused', message: 'The key is wrong.' });
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(fault);
    };
    await expect(withPatience(work, { sleep: async () => undefined }, signal)).rejects.toBe(fault);
    expect(tries).toBe(1);
  });
});
