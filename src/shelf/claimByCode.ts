import { parseEmailAddress } from '../domain/emailAddress.ts';
import type { ClaimCodes } from '../ports/claimCodes.ts';
import type { Identity } from '../ports/identity.ts';
import type { ClaimOutcome, CodeAsked, ShelfStore } from '../ports/shelf.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export type AskedCode = Exclude<CodeAsked, { outcome: 'asked' }> | { outcome: 'asked' | 'email_malformed' };

export type AskClaimCode = (identity: Identity, email: string) => Promise<AskedCode>;

/**
 * Has a code mailed to the address under which somebody bought as a guest. Whoever asks learns nothing of whether
 * anybody did: the answer and the work behind it are the same.
 */
export function createAskClaimCode(options: {
  store: Pick<ShelfStore, 'askClaimCode'>;
  telemetry: Telemetry;
  /** There may be a mail to send. */
  onWork(): void;
}): AskClaimCode {
  const { store, telemetry, onWork } = options;
  return async ({ subject }, email) => {
    const address = parseEmailAddress(email);
    if (!address) return { outcome: 'email_malformed' };
    const asked = await store.askClaimCode({ subject, canonicalEmail: address.canonical });
    if (asked.outcome !== 'asked') return asked;
    onWork();
    const { profileId } = asked;
    if (profileId !== null)
      telemetry.emit({ name: 'entitlement.claim_initiated', profileId, way: 'mail_code' });
    return { outcome: 'asked' };
  };
}

export interface ClaimedByCode {
  kind: ClaimOutcome | 'code_not_valid';
  ebooks: number;
}

export type ConfirmClaimCode = (
  identity: Identity,
  typed: { email: string; code: string },
) => Promise<ClaimedByCode>;

const notValid: ClaimedByCode = { kind: 'code_not_valid', ebooks: 0 };

/**
 * Claims what was bought with an address by the code that was mailed there. Wrong, expired, used, somebody else's, of
 * another address: one answer. Each costs one of five tries, counted before it is looked at.
 */
export function createConfirmClaimCode(options: {
  store: Pick<ShelfStore, 'tryClaimCode' | 'claimByCode'>;
  codes: ClaimCodes;
  telemetry: Telemetry;
}): ConfirmClaimCode {
  const { store, codes, telemetry } = options;
  return async ({ subject }, { email, code }) => {
    // An address that is none finds no profile, at the same cost.
    const canonicalEmail = parseEmailAddress(email)?.canonical ?? '';
    const codeId = await store.tryClaimCode({ subject, canonicalEmail });
    if (!codes.matches(codeId, code) || codeId === undefined) return notValid;
    const claimed = await store.claimByCode(codeId, subject);
    if (!claimed) return notValid;
    const { outcome, profileId, ebooks } = claimed;
    if (outcome === 'claimed' && profileId !== null)
      telemetry.emit({ name: 'entitlement.claim_success', profileId, ebooks });
    return { kind: outcome, ebooks };
  };
}
