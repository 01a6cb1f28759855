/** The right of a profile to one ebook (DESIGN §2): always a function of the payment's facts, the files and the claim. */
export const entitlementStates = ['processing', 'active', 'pending_claim', 'revoked'] as const;
export type EntitlementState = (typeof entitlementStates)[number];

export interface EntitlementFacts {
  paid: boolean;
  /** The line was refunded in full, or the payment was lost in a dispute. */
  takenBack: boolean;
  /** Somebody of staff has taken the line away, and not given it back. */
  revoked: boolean;
  filesReady: boolean;
  profileClaimed: boolean;
}

/** The one rule. Nothing else in the product decides what a buyer owns. */
export function entitlementState(facts: EntitlementFacts): EntitlementState {
  if (!facts.paid || facts.takenBack || facts.revoked) return 'revoked';
  if (!facts.filesReady) return 'processing';
  return facts.profileClaimed ? 'active' : 'pending_claim';
}
