import { type Money, type MoneyRules, whatIsOwed } from '../../domain/refunds.ts';
import type { Payments } from '../../ports/payments.ts';
import type { JsonObject } from '../../ports/step.ts';
import { Refusal } from '../frame/refusal.ts';

export interface PastSaleOptions {
  payments: Pick<Payments, 'readIntent' | 'readMoney'>;
  /** What was paid from then on is no sale of the past. */
  startDate: Date;
  rules: MoneyRules;
  timeoutMs: number;
}

/** A sale that Stripe confirms, with what went back of it since. */
export interface PastSale {
  /** Facts to begin with; null: nothing went back. */
  facts: JsonObject | null;
}

/**
 * Asks Stripe, before anything is locked, whether a payment is a sale of the past that may be adopted.
 *
 * @throws Refusal when it is not paid, unknown, or paid since this service took over
 */
export async function lookAtPastSale(
  paymentIntentId: string,
  { payments, startDate, rules, timeoutMs }: PastSaleOptions,
): Promise<PastSale> {
  const signal = AbortSignal.timeout(timeoutMs);
  const intent = await payments.readIntent(paymentIntentId, signal);
  if (!intent) throw unknownToStripe();
  if (intent.status !== 'succeeded') throw notPaid(`Stripe says that it is ${intent.status}.`);
  if (intent.paidAt >= startDate) throw currentSale(intent.paidAt, startDate);
  const read = await payments.readMoney(paymentIntentId, signal);
  if (!read || read.refunds.length + read.disputes.length === 0) return { facts: null };
  const money: Money = {
    received: read.received,
    disputes: read.disputes,
    refunds: read.refunds.map(({ refundId: id, amount, status, createdAt }) => ({
      id,
      amount,
      status,
      createdAt: createdAt.toISOString(),
      named: null,
    })),
  };
  // Before the order is known: what took everything holds at once, the rest is for the settlement.
  const owed = whatIsOwed({ money, lines: null, answers: {}, rules });
  return {
    facts: {
      received: money.received,
      refunds: money.refunds.map(({ named: _named, ...refund }) => ({ ...refund, lines: null })),
      disputes: money.disputes.map(({ id, amount, status }) => ({ id, amount, status })),
      refunded: owed.refunded,
      taken_back: owed.takenBack,
      taken_lines: [],
    },
  };
}

const unknownToStripe = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_to_stripe',
    field: 'paymentKey',
    detail: 'Stripe knows no such PaymentIntent in this account and mode.',
  });

export const notPaid = (detail: string) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'payment_not_paid',
    field: 'paymentKey',
    detail,
    remedy: 'It is fulfilled by itself as soon as Stripe says that it is paid.',
  });

const currentSale = (paidAt: Date, startDate: Date) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'current_sale',
    field: 'paymentKey',
    detail: `It was paid at ${paidAt.toISOString()}, and sales from ${startDate.toISOString()} on are fulfilled, with receipt and mail.`,
    remedy: 'It is found and fulfilled by itself; to have that at once, send its event again from Stripe.',
  });
