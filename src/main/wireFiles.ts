import { bytesWithin } from '../domain/bytesWithin.ts';
import type { SignedFile } from '../http/files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Copies } from '../ports/files.ts';
import type { ByteRange, FileStore } from '../ports/fileStore.ts';
import type { ShelfStore } from '../ports/shelf.ts';
import { readSignedUrl } from '../providers/localDisk/signedUrl.ts';
import type { OpenCopy } from '../shelf/delivery.ts';

interface FilesOptions {
  files: Pick<FileStore, 'open'>;
  copies: Copies;
  shelf: Pick<ShelfStore, 'readStreamedCopy'>;
  signingKey: Uint8Array;
  clock: Pick<Clock, 'now'>;
}

/** Where bytes of buyers' copies come from: out of the store, or made while they are downloaded. */
export function wireFiles({ files, copies, shelf, signingKey, clock }: FilesOptions): {
  openCopy: OpenCopy;
  /** What `/files/*` serves. */
  openSignedFile(url: URL): Promise<SignedFile | undefined>;
} {
  async function openStored(key: string, range?: ByteRange) {
    const reading = new AbortController();
    const opened = await files.open(key, { range }, reading.signal);
    if (!opened) return undefined;
    const close = () => {
      opened.close();
      reading.abort();
    };
    return { ...opened, close };
  }

  async function openStreamed(key: string) {
    const wanted = await shelf.readStreamedCopy(key);
    if (!wanted) return undefined;
    const reading = new AbortController();
    const copy = await copies.remake(wanted.record, wanted.owner, reading.signal);
    // Other bytes than those that were promised are nobody's copy.
    if (copy.kind === 'unusable' || copy.body.sha256 !== wanted.sha256) return undefined;
    const { body } = copy;
    return { sizeBytes: body.sizeBytes, chunks: body.open(reading.signal), close: () => reading.abort() };
  }

  return {
    async openCopy({ storageKey, kept, sizeBytes }, range) {
      if (kept === 'streamed') {
        const copy = await openStreamed(storageKey);
        return copy && range ? { ...copy, chunks: bytesWithin(copy.chunks, range) } : copy;
      }
      const stored = await openStored(storageKey, range);
      if (stored === undefined || stored.sizeBytes === sizeBytes) return stored;
      stored.close();
      return undefined;
    },

    async openSignedFile(url) {
      const key = decodeURIComponent(url.pathname.replace(/^\/files\//, ''));
      // Masters are nobody's download, whatever is signed.
      if (!/^(copies|receipts)\//.test(key)) return undefined;
      const params = { ...Object.fromEntries(url.searchParams), key };
      const signed = readSignedUrl(params, signingKey, clock.now());
      if (!signed) return undefined;
      const opened = (await openStored(key)) ?? (await openStreamed(key));
      return opened && { ...signed, ...opened };
    },
  };
}
