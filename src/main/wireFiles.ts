import type { SignedFile } from '../http/files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Copies } from '../ports/files.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { ShelfStore } from '../ports/shelf.ts';
import { readSignedUrl, signUrlOf } from '../providers/localDisk/signedUrl.ts';

interface FilesOptions {
  /** Of the machine's own disk; null: the store hands out its own URLs and serves them. */
  local: Pick<FileStore, 'open'> | null;
  copies: Copies;
  shelf: Pick<ShelfStore, 'readStreamedCopy'>;
  signingKey: Uint8Array;
  publicBaseUrl: string;
  clock: Pick<Clock, 'now'>;
}

/** What `/files/*` serves: objects on the machine's own disk, and copies that are made while they are downloaded. */
export function wireFiles({ local, copies, shelf, signingKey, publicBaseUrl, clock }: FilesOptions): {
  streams: Pick<FileStore, 'signUrl'>;
  openSignedFile(url: URL): Promise<SignedFile | undefined>;
} {
  async function openStored(key: string): Promise<Opened | undefined> {
    const { signal } = new AbortController();
    const opened = await local?.open(key, {}, signal);
    if (!opened) return undefined;
    return {
      ...opened,
      async *part(range) {
        opened.close();
        const part = await local?.open(key, { range }, signal);
        yield* part?.chunks ?? [];
      },
    };
  }

  async function openStreamed(key: string): Promise<Opened | undefined> {
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
    streams: {
      signUrl: async (key, { expiresInSeconds, fileName, contentType }) => {
        const expiresAtSeconds = Math.floor(clock.now().getTime() / 1000) + Math.floor(expiresInSeconds);
        return signUrlOf(publicBaseUrl, signingKey, { key, expiresAtSeconds, fileName, contentType });
      },
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

type Opened = Pick<SignedFile, 'sizeBytes' | 'chunks' | 'part' | 'close'>;
