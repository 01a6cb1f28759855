import { bookContentTypes } from '../domain/bookContentTypes.ts';
import type { Language } from '../domain/order.ts';
import type { ByteRange, FileStore } from '../ports/fileStore.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { LinkTarget, ShelfStore } from '../ports/shelf.ts';
import {
  beginDelivery,
  type Click,
  type CopyFile,
  type DeliveryOptions,
  type OpenCopy,
  type OpenedCopy,
  type Wanted,
} from './delivery.ts';
import { downloadFileName } from './fileName.ts';

export type { Click } from './delivery.ts';

interface OfBook {
  title: string;
  /** The buyer's own. */
  language: Language;
}

/** A page instead of the book. */
export type LinkRefusal =
  | ({ kind: 'preparing' | 'expired' | 'revoked' } & OfBook)
  | ({ kind: 'limited'; againAt: Date } & OfBook)
  /** The copy is not where it should be. */
  | { kind: 'unavailable' }
  | { kind: 'unknown' };

/** A copy that may be delivered now. */
export interface DeliverableFile {
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** Names these bytes and no others. */
  entityTag: string;
  /** Begins to deliver it, or a stretch of it. */
  begin(range: ByteRange | undefined): Promise<BegunStream | LinkRefusal>;
}

export interface BegunStream extends OpenedCopy {
  kind: 'begun';
  /** To be told once, however it ends, how many bytes have gone out. */
  end(sentBytes: number): Promise<void>;
}

/** Where a request on a link leads. */
export type FollowedLink =
  { kind: 'redirect'; url: string } | { kind: 'file'; file: DeliverableFile } | LinkRefusal;

export type FollowLink = (token: string, click: Click) => Promise<FollowedLink>;

interface FollowLinkOptions extends DeliveryOptions {
  store: ShelfStore;
  tokens: LinkTokens;
  openCopy: OpenCopy;
  /** A store that hands out URLs of its own, to which buyers are led; null: we deliver the bytes ourselves. */
  redirectTo: Pick<FileStore, 'signUrl'> | null;
  /** How long such a URL works, at most and by default five minutes. */
  signedUrlSeconds?: number;
}

const signedUrlSecondsMax = 300;

/**
 * Follows a download link. Every request is judged anew by the state of the entitlement, so that a download is resumed
 * on the link itself, and ends with the right to it. Throws the `Fault`s of the store and of the file store.
 */
export function createFollowLink(options: FollowLinkOptions): FollowLink {
  const { store, tokens, telemetry } = options;

  return async (token, click) => {
    const linkId = tokens.read('download-link', token);
    const target = linkId === undefined ? undefined : await store.readLink(linkId);
    if (target === undefined) {
      telemetry.emit({ name: 'download.answered', outcome: 'refused', reason: 'unknown' });
      return { kind: 'unknown' };
    }
    const verdict = judge(target);
    if (verdict.kind !== 'deliver') {
      telemetry.emit({ name: 'download.answered', ...verdict.told });
      return { kind: verdict.kind, title: target.title, language: target.language };
    }
    const wanted = { target, click, file: verdict.file };
    return options.redirectTo !== null && wanted.file.kept === 'stored'
      ? redirect(options, options.redirectTo, wanted)
      : { kind: 'file', file: deliverable(options, wanted) };
  };
}

type Verdict =
  | { kind: 'deliver'; file: CopyFile }
  | {
      kind: 'preparing' | 'expired' | 'revoked';
      told: { outcome: 'preparing' | 'expired' | 'refused'; reason?: string };
    };

/** Revoked comes first: a page that says "expired" would promise that a fresh link helps. */
function judge(target: LinkTarget): Verdict {
  if (target.state === 'revoked') return { kind: 'revoked', told: { outcome: 'refused', reason: 'revoked' } };
  if (target.expired) return { kind: 'expired', told: { outcome: 'expired' } };
  if (target.state === 'processing') {
    return { kind: 'preparing', told: { outcome: 'preparing', reason: 'processing' } };
  }
  const { file } = target;
  if (file === null) return { kind: 'preparing', told: { outcome: 'preparing', reason: 'file_not_stored' } };
  return { kind: 'deliver', file };
}

/** Whoever only looks (HEAD) is led there as well, and does not count. */
async function redirect(
  options: FollowLinkOptions,
  store: Pick<FileStore, 'signUrl'>,
  wanted: Wanted,
): Promise<FollowedLink> {
  const { signedUrlSeconds = signedUrlSecondsMax, telemetry } = options;
  const { target, file, click } = wanted;
  const url = await store.signUrl(file.storageKey, {
    expiresInSeconds: Math.min(signedUrlSeconds, signedUrlSecondsMax),
    ...presentation(target),
  });
  if (click.method !== 'HEAD') {
    const begun = await beginDelivery(options, wanted, null);
    if (begun.kind === 'limited') return limited(options, target, begun.againAt);
  }
  telemetry.emit({ name: 'download.answered', outcome: 'redirected' });
  return { kind: 'redirect', url };
}

function deliverable(options: FollowLinkOptions, wanted: Wanted): DeliverableFile {
  const { target, file } = wanted;
  const { sizeBytes, sha256 } = file;
  return {
    ...presentation(target),
    sizeBytes,
    entityTag: `"${sha256.slice(0, 32)}"`,
    async begin(range) {
      const askedBytes = range === undefined ? sizeBytes : range.end - range.start + 1;
      const begun = await beginDelivery(options, wanted, askedBytes);
      if (begun.kind === 'limited') return limited(options, target, begun.againAt);
      const opened = await openOrEnd(options, wanted, { range, end: begun.end });
      const outcome = opened ? { outcome: 'streaming' as const } : missing;
      options.telemetry.emit({ name: 'download.answered', ...outcome });
      return opened ? { ...begun, ...opened } : { kind: 'unavailable' };
    },
  };
}

const missing = { outcome: 'refused', reason: 'file_missing' } as const;

/** What cannot be opened has ended before its first byte, and costs the buyer nothing. */
async function openOrEnd(
  { openCopy }: FollowLinkOptions,
  { file }: Wanted,
  { range, end }: { range: ByteRange | undefined; end(sentBytes: number): Promise<void> },
): Promise<OpenedCopy | undefined> {
  let opened: OpenedCopy | undefined;
  try {
    opened = await openCopy(file, range);
    return opened;
  } finally {
    if (opened === undefined) await end(0);
  }
}

function limited({ telemetry }: FollowLinkOptions, target: LinkTarget, againAt: Date): LinkRefusal {
  telemetry.emit({ name: 'download.answered', outcome: 'limited' });
  return { kind: 'limited', title: target.title, language: target.language, againAt };
}

const presentation = ({ title, format }: LinkTarget) => ({
  fileName: downloadFileName(title, format),
  contentType: bookContentTypes[format],
});
