import { parseEmailAddress } from '../../domain/emailAddress.ts';
import type { BulkCandidate, BulkSummary } from '../../ports/bulk.ts';
import type { Verdict } from './judge.ts';

export interface Tally {
  add(candidate: BulkCandidate, verdict: Verdict): void;
  eligible(): number;
  /** How many are left out, by the code they would be refused with. */
  ineligible(): Record<string, number>;
  summary(): BulkSummary;
}

/** Counts what will come of a plan, one candidate after the other. */
export function createTally(): Tally {
  const reasons = new Map<string, number>();
  const amounts = new Map<string, { amountMinor: number; items: number }>();
  const buyers = new Set<string>();
  let eligible = 0;
  let buyersUnknown = 0;
  let mails = 0;

  function addEligible({ amount, buyerEmail }: BulkCandidate): void {
    eligible += 1;
    if (buyerEmail === null) buyersUnknown += 1;
    else buyers.add(parseEmailAddress(buyerEmail)?.canonical ?? buyerEmail.toLowerCase());
    if (!amount) return;
    const { amountMinor, items } = amounts.get(amount.currency) ?? { amountMinor: 0, items: 0 };
    amounts.set(amount.currency, { amountMinor: amountMinor + amount.minor, items: items + 1 });
  }

  return {
    add(candidate, verdict) {
      const { ineligibleReason: reason } = verdict;
      if (reason === null) addEligible(candidate);
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      mails += verdict.mails;
    },
    eligible: () => eligible,
    ineligible: () => Object.fromEntries([...reasons].toSorted(byCount)),
    summary: () => ({
      amounts: [...amounts]
        .map(([currency, sum]) => ({ currency, ...sum }))
        .toSorted((one, other) => (one.currency < other.currency ? -1 : 1)),
      buyers: buyers.size,
      buyersUnknown,
      mails,
    }),
  };
}

const byCount = ([a, one]: [string, number], [b, other]: [string, number]) => other - one || (a < b ? -1 : 1);
