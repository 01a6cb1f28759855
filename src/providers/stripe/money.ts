import { Fault } from '../../domain/fault.ts';
import type { PaymentMoney } from '../../ports/payments.ts';
import type { Ask } from './client.ts';
import { stripeFault } from './faults.ts';
import { disputePageShape, intentShape, refundPageShape } from './shapes.ts';

/** Pages of a hundred: more than a payment can have, so a list that goes on would never end. */
const pagesMax = 20;
const limit = 100;

/** Intent, refunds and disputes. The answers are of three moments; whoever asks looks again if something moved meanwhile. */
export async function readMoney(ask: Ask, paymentIntentId: string): Promise<PaymentMoney> {
  const ofIntent = { payment_intent: paymentIntentId, limit };
  const intent = await ask(
    (stripe) => stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] }),
    intentShape,
  );
  const refunds = await allPages('refunds', (after) =>
    ask((stripe) => stripe.refunds.list({ ...ofIntent, ...after }), refundPageShape),
  );
  const disputes = await allPages('disputes', (after) =>
    ask((stripe) => stripe.disputes.list({ ...ofIntent, ...after }), disputePageShape),
  );
  // Amounts of two currencies cannot be added up: refused, not guessed. A bank may dispute in a currency of its own.
  if (refunds.some(({ currency }) => currency !== intent.currency))
    throw new Fault(stripeFault({ kind: 'shape', at: 'refunds.currency' }));
  return {
    currency: intent.currency,
    received: intent.amount_received,
    refunds: refunds.map((refund) => ({
      refundId: refund.id,
      amount: refund.amount,
      status: refund.status,
      metadata: refund.metadata ?? {},
      createdAt: new Date(refund.created * 1000),
    })),
    disputes: disputes.map(({ id, amount, status, created, balance_transactions: moved }) => ({
      id,
      amount,
      // Some are prevented before any money moves, others by giving it back: then the bank has it, as with a lost one.
      status: status === 'prevented' && netOf(moved) < 0 ? 'lost' : status,
      createdAt: new Date(created * 1000).toISOString(),
    })),
  };
}

/** What a dispute has taken from the account, and put back. */
const netOf = (moved: ReadonlyArray<{ amount: number }> | null | undefined): number =>
  (moved ?? []).reduce((sum, { amount }) => sum + amount, 0);

type Page<Item> = { data: Item[]; has_more: boolean };

async function allPages<Item extends { id: string }>(
  name: string,
  read: (after: { starting_after?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const last = items.at(-1);
    const { data, has_more: more } = await read(last ? { starting_after: last.id } : {});
    items.push(...data);
    if (!more) return items;
    if (data.length === 0) break;
  }
  throw new Fault(stripeFault({ kind: 'shape', at: `${name}.has_more` }));
}
