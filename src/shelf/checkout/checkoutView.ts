import { type BookState, bookState, type CheckoutState, checkoutState } from '../../domain/checkoutState.ts';
import type { Format } from '../../domain/effectKey.ts';
import { suggestAddress } from '../../domain/emailTypos.ts';
import { maskEmail, maskLocalPart } from '../../domain/masking.ts';
import type { CheckoutProgress } from '../../ports/checkoutProgress.ts';

/** What the page after the checkout may show. No address stands in it as a whole. */
export interface CheckoutView {
  state: CheckoutState;
  books: Array<{ title: string; state: BookState; formats: Array<{ format: Format; ready: boolean }> }>;
  mail: {
    /** Masked; null until the address is known. */
    to: string | null;
    /** A mail with receipt and links was taken by the provider for this address. */
    accepted: boolean;
  };
  /** An obvious slip in the address, and what was probably meant: for one click. */
  suggestion: { typed: string; meant: string } | null;
}

export type PossibleCorrection =
  | { kind: 'offered'; jobId: string; typed: string; suggested: string }
  | { kind: 'refused'; code: 'already_corrected' | 'nothing_to_correct' | 'too_late' };

/** For how long after the payment the page may correct the address: by then whoever lacks the mail writes to support. */
const correctableMs = 60 * 60_000;

/** Whether the page may correct the address, and to what. Only as long as no book of it has reached anybody. */
export function correctionOf(progress: CheckoutProgress, now: Date): PossibleCorrection {
  const { job, email, paid, takenBack, downloaded, corrected, paidAt } = progress;
  if (corrected) return { kind: 'refused', code: 'already_corrected' };
  const suggested = email === null ? undefined : suggestAddress(email);
  if (email === null || suggested === undefined || job === null || job.kind !== 'fulfil' || !paid)
    return { kind: 'refused', code: 'nothing_to_correct' };
  const late = now.getTime() - paidAt.getTime() >= correctableMs;
  if (late || takenBack || downloaded || job.state === 'cancelled')
    return { kind: 'refused', code: 'too_late' };
  return { kind: 'offered', jobId: job.id, typed: email, suggested };
}

export interface ViewRules {
  now: Date;
  /** Whether addresses can be corrected here at all. */
  corrects: boolean;
}

export function checkoutView(progress: CheckoutProgress, { now, corrects }: ViewRules): CheckoutView {
  const correction = corrects ? correctionOf(progress, now) : undefined;
  return {
    state: checkoutState({ ...progress, cancelled: progress.job?.state === 'cancelled' }),
    books: progress.books.map(({ title, state, formats }) => ({ title, state: bookState(state), formats })),
    mail: {
      to: progress.email === null ? null : maskEmail(progress.email),
      accepted: progress.mailAccepted,
    },
    suggestion:
      correction?.kind === 'offered'
        ? { typed: maskLocalPart(correction.typed), meant: maskLocalPart(correction.suggested) }
        : null,
  };
}

/** Whether nothing is left that the page could wait for. */
export const isOver = ({ state, mail }: CheckoutView): boolean =>
  state === 'ended' || (state === 'ready' && mail.accepted);
