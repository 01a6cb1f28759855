import { describe, expect, it } from 'vitest';
import type { EntitlementState } from '../domain/entitlement.ts';
import type { NewLink, ShelfStore } from '../ports/shelf.ts';
import { createLinkTokens } from './linkTokens.ts';
import { createMintDownload } from './mintDownload.ts';

const id = '0193a5f2-7c1e-7abc-8def-0123456789ab';
const buyer = { subject: 'auth0|1', email: 'jan@example.com', emailVerified: true };
const expiresAt = new Date('2026-11-24T10:00:00Z');

function minting(state: EntitlementState, linkId: string | undefined, linkValidForSeconds?: number) {
  const links: NewLink[] = [];
  const store: Pick<ShelfStore, 'isLinked' | 'findOwned' | 'createLink'> = {
    isLinked: async () => false,
    findOwned: async () => ({ entitlementId: id, state, formats: ['pdf'] }),
    createLink: async (link) => {
      links.push(link);
      return linkId === undefined ? undefined : { linkId, expiresAt };
    },
  };
  const mint = createMintDownload({
    store: store as ShelfStore,
    tokens: createLinkTokens({ keys: [new Uint8Array(32)] }),
    publicBaseUrl: 'https://books.example/shop/',
    ...(linkValidForSeconds === undefined ? {} : { linkValidForSeconds }),
  });
  return { mint, links };
}

describe('minting a download', () => {
  it('writes a link that lives as long as configured, under the public address', async () => {
    const { mint, links } = minting('active', id, 600);
    expect(await mint(buyer, id, 'pdf')).toEqual({
      kind: 'minted',
      url: expect.stringMatching(/^https:\/\/books\.example\/shop\/d\/[A-Za-z0-9_-]{44}$/),
      format: 'pdf',
      expiresAt,
    });
    expect(links).toEqual([{ entitlementId: id, format: 'pdf', validForSeconds: 600 }]);
  });

  it('says revoked when the right ends between the look and the link', async () => {
    const { mint } = minting('active', undefined);
    expect(await mint(buyer, id, 'pdf')).toEqual({ kind: 'revoked' });
  });

  it('writes no link for what may not be downloaded', async () => {
    for (const state of ['processing', 'revoked'] as const) {
      const { mint, links } = minting(state, id);
      expect(await mint(buyer, id, 'pdf')).toEqual({ kind: state });
      expect(links).toEqual([]);
    }
  });
});
