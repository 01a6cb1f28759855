import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bodyOf } from '../../src/domain/fileBody.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';

export interface SignedUrlsUnderTest {
  store: FileStore;
  /** How a browser gets there; the default is the network. */
  fetch?: (url: string, headers: Record<string, string>) => Promise<Response>;
  stop(): Promise<void>;
}

/** What a server of somebody else's may lack. */
interface Abilities {
  /** The server calls downloads as the address says. */
  names?: boolean;
  /** The server heeds the end of a signed address. */
  expires?: boolean;
  /** The server gives parts. */
  ranges?: boolean;
}

const never = new AbortController().signal;
const key = 'copies/7K3M-Q9XT-4BVD/1.pdf';
const contentType = 'application/pdf';

/** What a signed URL does for a buyer's browser, wherever the bytes come from. */
export function describeSignedUrls(
  name: string,
  start: () => Promise<SignedUrlsUnderTest>,
  { names = true, expires = true, ranges = true }: Abilities = {},
): void {
  describe(`${name}, by signed URL`, () => {
    let subject: SignedUrlsUnderTest;
    beforeAll(async () => {
      subject = await start();
      const bytes = new Uint8Array(Buffer.from('a book'));
      const body = bodyOf(bytes, createHash('sha256').update(bytes).digest('hex'));
      await subject.store.put({ key, body, contentType }, never);
    });
    afterAll(() => subject.stop());
    afterEach(() => void vi.useRealTimers());

    const get = (url: string, headers: Record<string, string> = {}) =>
      subject.fetch ? subject.fetch(url, headers) : fetch(url, { headers, redirect: 'manual' });
    const sign = (fileName: string) =>
      subject.store.signUrl(key, { expiresInSeconds: 60, fileName, contentType });

    it.each([
      'Calm Checkout.pdf',
      'Żółw & Ślimak: 100% + 1.pdf',
      '静かな本 第2版.pdf',
      'كتاب هادئ.pdf',
      `"quoted"; name='x' #1?.pdf`,
    ])('serves the bytes as a download that is called %s', async (fileName) => {
      const served = await get(await sign(fileName));
      expect([served.status, await served.text()]).toEqual([200, 'a book']);
      expect(served.headers.get('content-type')).toBe(contentType);
      if (names) expect(nameIn(served.headers.get('content-disposition') ?? '')).toBe(fileName);
    });

    const withRanges = ranges ? it : () => undefined;
    withRanges('goes on with a download that broke off', async () => {
      const served = await get(await sign('book.pdf'), { range: 'bytes=2-' });
      expect([served.status, await served.text()]).toEqual([206, 'book']);
    });

    const withAnEnd = expires ? it : () => undefined;
    withAnEnd('serves nothing any more once it has ended', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 61_000 });
      const url = await sign('book.pdf');
      expect((await get(url)).status).toBe(200);
      vi.useRealTimers();
      const ended = await get(url);
      expect(ended.ok).toBe(false);
      expect(await ended.text()).not.toContain('a book');
    });
  });
}

/** The name that a browser would take: of a download alone, and the extended one first (RFC 6266, 4.3). */
function nameIn(disposition: string): string | undefined {
  if (!disposition.startsWith('attachment;')) return undefined;
  const extended = /filename\*=UTF-8''([^;]*)/.exec(disposition)?.[1];
  return extended === undefined ? /filename="([^"]*)"/.exec(disposition)?.[1] : decodeURIComponent(extended);
}
