import type { ByteRange } from '../ports/fileStore.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { DownloadLimits, LinkTarget, NewDownload, ShelfStore } from '../ports/shelf.ts';
import { isAutomatedClick, type ClickSource } from './automatedClick.ts';
import { clientHash } from './clientHash.ts';

export interface Click extends ClickSource {
  clientAddress: string | undefined;
}

export type CopyFile = NonNullable<LinkTarget['file']>;

/** Bytes of a buyer's copy. */
export interface OpenedCopy {
  chunks: AsyncIterable<Uint8Array>;
  /** Lets go of what is held open for them. */
  close(): void;
}

/** Opens a copy, or a stretch of it. Undefined: it is not where it should be. */
export type OpenCopy = (file: CopyFile, range: ByteRange | undefined) => Promise<OpenedCopy | undefined>;

export interface DeliveryOptions {
  store: Pick<ShelfStore, 'beginDownload' | 'endDownload'>;
  telemetry: Telemetry;
  limits: DownloadLimits;
  /** Key of the hash that stands for a client's address. */
  clientHashKey: Uint8Array;
}

export type BegunDelivery =
  /** `end` is told once how many bytes have gone out. */
  { kind: 'begun'; end(sentBytes: number): Promise<void> } | { kind: 'limited'; againAt: Date };

/** A link that was judged, a file to deliver and who asks for it. */
export interface Wanted {
  target: LinkTarget;
  file: CopyFile;
  click: Click;
}

/**
 * Notes that a delivery begins, unless a limit is reached. The buyer gets the book even when nothing can be noted: the
 * right to it was judged before.
 */
export async function beginDelivery(
  options: DeliveryOptions,
  { target, file, click }: Wanted,
  askedBytes: number | null,
): Promise<BegunDelivery> {
  const program = isAutomatedClick(click);
  const download: NewDownload = {
    linkId: target.linkId,
    storageKey: file.storageKey,
    by: askedBytes === null ? 'redirect' : 'stream',
    program,
    sizeBytes: file.sizeBytes,
    askedBytes,
    clientHash: clientHash(click.clientAddress, options.clientHashKey),
  };
  const begun = await noting(options, 'begin_download', () =>
    options.store.beginDownload(download, options.limits),
  );
  if (begun?.kind === 'limited') return begun;

  const finished = () => {
    const { entitlementId, format } = target;
    if (!program) options.telemetry.emit({ name: 'download.finished', entitlementId, format });
  };
  if (askedBytes === null) {
    if (begun) finished();
    return { kind: 'begun', end: async () => undefined };
  }
  return {
    kind: 'begun',
    async end(sentBytes) {
      const whole =
        begun &&
        (await noting(options, 'end_download', () => options.store.endDownload(begun.downloadId, sentBytes)));
      if (whole) finished();
    },
  };
}

/** What cannot be noted is told to the log. */
async function noting<Result>(
  { telemetry }: DeliveryOptions,
  during: string,
  note: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await note();
  } catch (error) {
    telemetry.emit({
      name: 'unexpected.error',
      during,
      error: error instanceof Error ? error.name : typeof error,
    });
    return undefined;
  }
}
