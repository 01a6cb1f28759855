import type { Identity } from '../ports/identity.ts';
import type { ClaimOutcome, ShelfStore } from '../ports/shelf.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { shelfOwner } from './shelfOwner.ts';

export type ClaimedShelf = { kind: ClaimOutcome; ebooks: number } | { kind: 'email_not_verified'; ebooks: 0 };

export type ClaimShelf = (identity: Identity) => Promise<ClaimedShelf>;

/**
 * Makes what was bought with an address the account's, for good: from then on its subject alone has it, whatever becomes of
 * the address. Asked a second time it says the same.
 */
export function createClaimShelf({
  store,
  telemetry,
}: {
  store: Pick<ShelfStore, 'claim'>;
  telemetry: Telemetry;
}): ClaimShelf {
  return async (identity) => {
    const { subject, canonicalEmail } = shelfOwner(identity);
    if (canonicalEmail === null) return { kind: 'email_not_verified', ebooks: 0 };
    const { outcome, profileId, ebooks } = await store.claim({ subject, canonicalEmail });
    if (outcome === 'claimed' && profileId !== null)
      telemetry.emit({ name: 'entitlement.claim_success', profileId, ebooks });
    return { kind: outcome, ebooks };
  };
}
