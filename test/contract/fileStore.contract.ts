import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import type { FileStore, PutRequest } from '../../src/ports/fileStore.ts';

export interface FileStoreUnderTest {
  store: FileStore;
  stop(): Promise<void>;
}

const never = new AbortController().signal;
const contentType = 'application/pdf';

function request(text: string, key = 'copies/7K3M-Q9XT-4BVD/1.pdf'): PutRequest {
  const bytes = new Uint8Array(Buffer.from(text));
  return { key, bytes, contentType, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** What every file store must do, whatever it stores in. */
export function describeFileStore(name: string, start: () => Promise<FileStoreUnderTest>): void {
  describe(`${name}, as a file store`, () => {
    let subject: FileStoreUnderTest;
    let store: FileStore;

    beforeEach(async () => {
      subject = await start();
      store = subject.store;
    });
    afterEach(() => subject.stop());

    it.each([['a book'], [''], ['x'.repeat(3_000_000)]])('gives back what it was given', async (text) => {
      const wanted = request(text);
      const { key, sha256, bytes } = wanted;
      expect(await store.put(wanted, never)).toEqual({ sizeBytes: bytes.byteLength, sha256 });
      expect(await store.stat(key, never)).toEqual({ sizeBytes: bytes.byteLength, sha256 });
      expect(Buffer.from((await store.read(key, never)) ?? []).equals(bytes)).toBe(true);
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
        sha256: request('a book').sha256,
      });
    });

    it('lets one of several writers win, and tells each the truth', async () => {
      const wanted = ['a', 'b', 'a', 'c', 'b', 'a'].map((text) => request(text));
      const results = await Promise.allSettled(wanted.map((one) => store.put(one, never)));
      const stored = await store.stat(wanted[0]?.key ?? '', never);
      const truth = wanted.map(({ sha256 }) => (sha256 === stored?.sha256 ? 'fulfilled' : 'rejected'));
      expect(results.map(({ status }) => status)).toEqual(truth);
    });

    it('keeps its own copy of the bytes', async () => {
      const wanted = request('a book');
      await store.put(wanted, never);
      wanted.bytes.fill(0);
      expect(await store.stat(wanted.key, never)).toMatchObject({ sha256: wanted.sha256 });
    });

    it('keeps keys apart', async () => {
      await store.put(request('one', 'copies/a/1.pdf'), never);
      await store.put(request('two', 'copies/a/1.epub'), never);
      expect(Buffer.from((await store.read('copies/a/1.pdf', never)) ?? []).toString()).toBe('one');
    });

    it('stores nothing whose hash is not the announced one', async () => {
      const wanted = { ...request('a book'), sha256: request('another').sha256 };
      await expect(store.put(wanted, never)).rejects.toMatchObject({ reason: 'stored_bytes_damaged' });
      expect(await store.stat(wanted.key, never)).toBeUndefined();
    });

    it('knows nothing of what was never stored', async () => {
      expect(await store.stat('copies/none/1.pdf', never)).toBeUndefined();
      expect(await store.read('copies/none/1.pdf', never)).toBeUndefined();
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
      await expect(store.read(key, never)).rejects.toMatchObject(fault);
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
