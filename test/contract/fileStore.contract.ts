import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import { bodyOf } from '../../src/domain/fileBody.ts';
import type { FileBody, FileStore, OpenedObject, PutRequest } from '../../src/ports/fileStore.ts';

export interface FileStoreUnderTest {
  store: FileStore;
  stop(): Promise<void>;
}

const never = new AbortController().signal;
const contentType = 'application/pdf';

function bodyOfText(text: string): FileBody {
  const bytes = new Uint8Array(Buffer.from(text));
  return bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
}

/** Servers outlive a test: each test has keys of its own. */
let folder = 'copies/none';
let tests = 0;

const request = (text: string, key = `${folder}/1.pdf`): PutRequest => ({
  key,
  contentType,
  body: bodyOfText(text),
});

/** A body that says one thing and gives another, in several chunks. */
const saying = (said: string, ...given: string[]): FileBody => ({
  ...bodyOfText(said),
  async *open() {
    for (const part of given) yield new Uint8Array(Buffer.from(part));
  },
});

async function textOf(opened: OpenedObject | undefined): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened?.chunks ?? []) chunks.push(chunk);
  return opened && Buffer.concat(chunks).toString();
}

/** What every file store must do, whatever it stores in. */
export function describeFileStore(
  name: string,
  start: () => Promise<FileStoreUnderTest>,
  { isExclusive = true }: { isExclusive?: boolean } = {},
): void {
  describe(`${name}, as a file store`, () => {
    let subject: FileStoreUnderTest;
    let store: FileStore;

    beforeEach(async () => {
      folder = `copies/7K3M-Q9XT-${(tests += 1)}`;
      subject = await start();
      store = subject.store;
    });
    afterEach(() => subject.stop());

    const textAt = async (key: string) => textOf(await store.open(key, {}, never));

    it.each([['a book'], [''], ['x'.repeat(3_000_000)]])('gives back what it was given', async (text) => {
      const wanted = request(text);
      const { key, body } = wanted;
      const { sizeBytes, sha256 } = body;
      expect(await store.put(wanted, never)).toEqual({ sizeBytes, sha256 });
      expect(await store.stat(key, never)).toEqual({ sizeBytes, sha256 });
      expect(await textAt(key)).toBe(text);
    });

    it('takes the same bytes again as done', async () => {
      const first = await store.put(request('a book'), never);
      expect(await store.put(request('a book'), never)).toEqual(first);
    });

    it('never overwrites: other bytes under a taken key are refused for good', async () => {
      await store.put(request('a book'), never);
      const refused = store.put(request('another'), never);
      await expect(refused).rejects.toMatchObject({ kind: 'permanent', reason: 'stored_object_differs' });
      await expect(refused).rejects.toBeInstanceOf(Fault);
      expect(await store.stat(request('a book').key, never)).toMatchObject({
        sha256: request('a book').body.sha256,
      });
    });

    const whereExclusive = isExclusive ? it : () => undefined;
    whereExclusive('lets one of several writers win, and tells each the truth', async () => {
      const wanted = ['a', 'b', 'a', 'c', 'b', 'a'].map((text) => request(text));
      const results = await Promise.allSettled(wanted.map((one) => store.put(one, never)));
      const stored = await store.stat(wanted[0]?.key ?? '', never);
      const truth = wanted.map(({ body }) => (body.sha256 === stored?.sha256 ? 'fulfilled' : 'rejected'));
      expect(results.map(({ status }) => status)).toEqual(truth);
    });

    it('keeps keys apart', async () => {
      await store.put(request('one', `${folder}/a/1.pdf`), never);
      await store.put(request('two', `${folder}/a/1.epub`), never);
      expect(await textAt(`${folder}/a/1.pdf`)).toBe('one');
    });

    it.each([
      ['other bytes', saying('a book', 'a boOk')],
      ['too few bytes', saying('a book', 'a b')],
      ['too many bytes', saying('a book', 'a book', ' and more')],
      ['no bytes at all', saying('a book')],
    ])('stores nothing of a body that gives %s', async (_, body) => {
      const wanted = { ...request('a book'), body };
      await expect(store.put(wanted, never)).rejects.toMatchObject({ reason: 'stored_bytes_damaged' });
      expect(await store.stat(wanted.key, never)).toBeUndefined();
      await store.put(request('a book'), never);
    });

    it('stores nothing of a body that breaks off, and says why', async () => {
      const broken = new Fault({ kind: 'transient', reason: 'copies_directory_failed', message: 'Gone.' });
      const body = {
        ...bodyOfText('a book'),
        async *open(): AsyncGenerator<Uint8Array> {
          yield new Uint8Array(Buffer.from('a b'));
          throw broken;
        },
      };
      const wanted = { ...request('a book'), body };
      await expect(store.put(wanted, never)).rejects.toMatchObject({ name: 'Fault', kind: 'transient' });
      expect(await store.stat(wanted.key, never)).toBeUndefined();
    });

    it('takes a body in many chunks', async () => {
      const parts = Array.from({ length: 200 }, (_, number) => `${number} `.repeat(1_000));
      const wanted = { ...request('x'), body: saying(parts.join(''), ...parts) };
      await store.put(wanted, never);
      expect(await textAt(wanted.key)).toBe(parts.join(''));
    });

    it.each([
      ['the first byte', { start: 0, end: 0 }, 'a'],
      ['a part', { start: 2, end: 3 }, 'bo'],
      ['the last byte', { start: 5, end: 5 }, 'k'],
      ['all of it', { start: 0, end: 5 }, 'a book'],
    ])('reads %s', async (_, range, text) => {
      await store.put(request('a book'), never);
      const opened = await store.open(request('a book').key, { range }, never);
      expect(opened?.sizeBytes).toBe(6);
      expect(await textOf(opened)).toBe(text);
    });

    it('lets go of what was opened and is not read', async () => {
      await store.put(request('x'.repeat(3_000_000)), never);
      const { key } = request('');
      (await store.open(key, {}, never))?.close();
      const half = await store.open(key, {}, never);
      for await (const chunk of half?.chunks ?? []) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      half?.close();
      expect((await store.stat(key, never))?.sizeBytes).toBe(3_000_000);
    });

    it('removes what was found damaged, and nothing else', async () => {
      const { key, body } = request('a book');
      expect(await store.remove(key, body, never)).toBe(false);
      await store.put(request('a book'), never);
      expect(await store.remove(key, bodyOfText('another'), never)).toBe(false);
      expect(await textAt(key)).toBe('a book');
      expect(await store.remove(key, body, never)).toBe(true);
      expect(await store.stat(key, never)).toBeUndefined();
      await store.put(request('another'), never);
      expect(await textAt(key)).toBe('another');
    });

    it('knows nothing of what was never stored', async () => {
      expect(await store.stat('copies/none/1.pdf', never)).toBeUndefined();
      expect(await store.open('copies/none/1.pdf', {}, never)).toBeUndefined();
    });

    it.each([
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'a/./b',
      'a//b',
      'a/',
      '.hidden',
      'a\0b',
      'ä',
      `a${'b'.repeat(512)}`,
    ])('refuses the key %j for good', async (key) => {
      const fault = { name: 'Fault', kind: 'permanent', reason: 'storage_key_refused' };
      await expect(store.put(request('x', key), never)).rejects.toMatchObject(fault);
      await expect(store.stat(key, never)).rejects.toMatchObject(fault);
      await expect(store.open(key, {}, never)).rejects.toMatchObject(fault);
      await expect(store.remove(key, { sha256: '' }, never)).rejects.toMatchObject(fault);
      await expect(
        store.signUrl(key, { expiresInSeconds: 60, fileName: 'x', contentType }),
      ).rejects.toMatchObject(fault);
    });

    it('stores nothing when called off, and can be asked again', async () => {
      const wanted = request('a book');
      await expect(store.put(wanted, AbortSignal.abort())).rejects.toMatchObject({
        name: 'Fault',
        kind: 'transient',
      });
      expect(await store.stat(wanted.key, never)).toBeUndefined();
      await store.put(wanted, never);
    });

    it('stores nothing when called off in the middle of a body', async () => {
      const calling = new AbortController();
      const wanted = request('x'.repeat(300_000));
      const body: FileBody = {
        ...wanted.body,
        async *open(signal) {
          for (let part = 0; part < 3; part += 1) {
            if (part === 1) calling.abort();
            signal.throwIfAborted();
            yield new Uint8Array(Buffer.alloc(100_000, 'x'));
          }
        },
      };
      await expect(store.put({ ...wanted, body }, calling.signal)).rejects.toMatchObject({
        name: 'Fault',
        kind: 'transient',
        reason: 'aborted',
      });
      expect(await store.stat(wanted.key, never)).toBeUndefined();
      await store.put(wanted, never);
    });

    it('ends reading when called off', async () => {
      const calling = new AbortController();
      await store.put(request('x'.repeat(3_000_000)), never);
      const opened = await store.open(request('').key, {}, calling.signal);
      const reading = (async () => {
        for await (const chunk of opened?.chunks ?? []) if (chunk.byteLength > 0) calling.abort();
      })();
      await expect(reading).rejects.toMatchObject({ name: 'Fault', kind: 'transient', reason: 'aborted' });
    });

    it('signs URLs that name the object', async () => {
      const { key } = request('a book');
      await store.put(request('a book'), never);
      const url = new URL(
        await store.signUrl(key, { expiresInSeconds: 60, fileName: 'Żółw.pdf', contentType }),
      );
      expect(url.pathname).toContain(key);
      expect(url.protocol).toMatch(/^https?:$/);
    });
  });
}
