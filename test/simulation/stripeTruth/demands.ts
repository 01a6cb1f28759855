import type { Account, Refund } from './account.ts';

/** What Stripe's facts demand in the end, told from the account alone. */
export interface Demand {
  paid: boolean;
  /** Numbers of the lines that the buyer owns. */
  owns: number[];
  /** What refunds that stand have given back, in minor units. */
  refunded: number;
  standing: Refund[];
  failed: Refund[];
  everDisputed: boolean;
}

export function demandOf(account: Account): Demand {
  const end = account.snapshots.at(-1);
  if (!end) throw new Error('Nothing has happened to this payment.');
  const paid = end.paymentStatus !== 'unpaid';
  const standing = end.refunds.filter(({ status }) => status !== 'failed');
  const refunded = standing.reduce((sum, { amount }) => sum + amount, 0);
  const disputed = end.disputes.some(({ status }) => status !== 'won');
  const whole = refunded > 0 && refunded >= account.total;
  const named = new Set(standing.flatMap(({ lines }) => lines ?? []));
  const all = account.lines.map((_, index) => index + 1);
  return {
    paid,
    owns: !paid || disputed || whole ? [] : all.filter((lineNo) => !named.has(lineNo)),
    refunded,
    standing,
    failed: end.refunds.filter(({ status }) => status === 'failed'),
    everDisputed: end.disputes.length > 0,
  };
}
