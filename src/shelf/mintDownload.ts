import type { Format } from '../domain/effectKey.ts';
import type { Identity } from '../ports/identity.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { ShelfStore } from '../ports/shelf.ts';
import { downloadUrl } from './publicUrls.ts';
import { shelfOwner } from './shelfOwner.ts';

export type MintedDownload =
  | { kind: 'minted'; url: string; format: Format; expiresAt: Date }
  /** Nobody's or somebody else's: the answer is the same, so that ids cannot be probed. */
  | { kind: 'not_found' }
  | { kind: 'email_not_verified' }
  | { kind: 'processing' }
  | { kind: 'revoked' }
  | { kind: 'format_not_offered'; formats: Format[] };

export type MintDownload = (
  identity: Identity,
  entitlementId: string,
  format: Format,
) => Promise<MintedDownload>;

const twoDaysSeconds = 48 * 60 * 60;

/**
 * A fresh download link for the owner of an ebook.
 *
 * @param options.linkValidForSeconds default 48 hours, like the links in mails
 */
export function createMintDownload(options: {
  store: ShelfStore;
  tokens: LinkTokens;
  publicBaseUrl: string;
  linkValidForSeconds?: number;
}): MintDownload {
  const { store, tokens, publicBaseUrl, linkValidForSeconds = twoDaysSeconds } = options;

  return async (identity, entitlementId, format) => {
    const owner = shelfOwner(identity);
    if (owner.canonicalEmail === null && !(await store.isLinked(owner.subject))) {
      return { kind: 'email_not_verified' };
    }
    const owned = await store.findOwned(owner, entitlementId);
    if (owned === undefined) return { kind: 'not_found' };
    if (owned.state === 'revoked') return { kind: 'revoked' };
    if (!owned.formats.includes(format)) return { kind: 'format_not_offered', formats: owned.formats };
    if (owned.state === 'processing') return { kind: 'processing' };

    const link = await store.createLink({ entitlementId, format, validForSeconds: linkValidForSeconds });
    if (link === undefined) return { kind: 'revoked' };
    const url = downloadUrl(publicBaseUrl, tokens.write('download-link', link.linkId));
    return { kind: 'minted', url, format, expiresAt: link.expiresAt };
  };
}
