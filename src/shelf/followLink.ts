import { bookContentTypes } from '../domain/bookContentTypes.ts';
import type { Language } from '../domain/order.ts';
import type { Kept } from '../ports/files.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { LinkTarget, ShelfStore } from '../ports/shelf.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { isAutomatedClick, type ClickSource } from './automatedClick.ts';
import { clientHash } from './clientHash.ts';
import { downloadFileName } from './fileName.ts';

export interface Click extends ClickSource {
  clientAddress: string | undefined;
}

/** Where a click on a link leads. `language` is the buyer's own. */
export type FollowedLink =
  | { kind: 'redirect'; url: string }
  | { kind: 'preparing' | 'expired' | 'revoked'; title: string; language: Language }
  | { kind: 'unknown' };

export type FollowLink = (token: string, click: Click) => Promise<FollowedLink>;

interface FollowLinkOptions {
  store: ShelfStore;
  files: Pick<FileStore, 'signUrl'>;
  /** URLs of copies that lie nowhere and are made while they are downloaded. */
  streams: Pick<FileStore, 'signUrl'>;
  tokens: LinkTokens;
  telemetry: Telemetry;
  /** Key of the hash that stands for a client's address. */
  clientHashKey: Uint8Array;
  /** How long the URL of the bytes works; default five minutes. */
  signedUrlSeconds?: number;
}

/**
 * Follows a download link. Every click is judged anew by the state of the entitlement; nothing is used up, so mail
 * scanners and previews do no harm. Throws the `Fault`s of the store and of the file store.
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
    return deliver(options, { target, click, ...verdict });
  };
}

type Verdict =
  | { kind: 'deliver'; storageKey: string; kept: Kept }
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
  const { storageKey, kept } = target;
  if (storageKey === null || kept === null) {
    return { kind: 'preparing', told: { outcome: 'preparing', reason: 'file_not_stored' } };
  }
  return { kind: 'deliver', storageKey, kept };
}

async function deliver(
  options: FollowLinkOptions,
  { target, storageKey, kept, click }: { target: LinkTarget; storageKey: string; kept: Kept; click: Click },
): Promise<FollowedLink> {
  const { files, streams, telemetry, signedUrlSeconds = 300 } = options;
  const url = await (kept === 'stored' ? files : streams).signUrl(storageKey, {
    expiresInSeconds: signedUrlSeconds,
    fileName: downloadFileName(target.title, target.format),
    contentType: bookContentTypes[target.format],
  });
  const counted = !isAutomatedClick(click);
  if (counted) await count(options, { target, storageKey, click });
  telemetry.emit({
    name: 'download.answered',
    outcome: 'redirected',
    ...(counted ? {} : { reason: 'not_counted' }),
  });
  return { kind: 'redirect', url };
}

/** The buyer gets the book even when the count cannot be written. */
async function count(
  { store, telemetry, clientHashKey }: FollowLinkOptions,
  { target, storageKey, click }: { target: LinkTarget; storageKey: string; click: Click },
): Promise<void> {
  const { linkId, entitlementId, format } = target;
  try {
    const hash = clientHash(click.clientAddress, clientHashKey);
    await store.recordDownload({ linkId, entitlementId, format, storageKey, clientHash: hash });
  } catch (error) {
    telemetry.emit({
      name: 'unexpected.error',
      during: 'count_download',
      error: error instanceof Error ? error.name : typeof error,
    });
  }
}
