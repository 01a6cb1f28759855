import { z } from 'zod';
import { Fault } from '../domain/fault.ts';
import { disputeStatuses, type NamedLine, type Refund, refundStatuses } from '../domain/refunds.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { CatalogStore } from '../ports/orders.ts';
import type { Payments, ProviderRefund } from '../ports/payments.ts';
import type { SettleStore } from '../ports/settling.ts';
import type { JobView, JsonObject, ReadStep } from '../ports/step.ts';
import { paymentOf } from './orderOf.ts';
import { linesKey, namedPrices } from './readPurchase.ts';

export interface ReadMoneyOptions {
  payments: Pick<Payments, 'readMoney'>;
  store: Pick<SettleStore, 'readWanted'>;
  catalog: Pick<CatalogStore, 'findByPrices'>;
}

const amount = z.number().int().nonnegative();

const moneySchema = z.object({
  /** What was asked for when this was read: if more is asked for by now, it counts for nothing. */
  wanted: z.number(),
  currency: z.string().nullable(),
  received: amount,
  refunds: z.array(
    z.object({
      id: z.string(),
      amount,
      status: z.enum(refundStatuses),
      createdAt: z.string(),
      named: z.union([
        z.array(
          z.union([
            z.object({ lineNo: z.number() }),
            z.object({ productId: z.string(), quantity: z.number() }),
          ]),
        ),
        z.literal('unusable'),
        z.null(),
      ]),
    }),
  ),
  disputes: z.array(
    z.object({ id: z.string(), amount, status: z.enum(disputeStatuses), createdAt: z.string() }),
  ),
});

export type MoneyRead = z.infer<typeof moneySchema>;

/** What `read_money` has brought. */
export const moneyReadBy = (job: JobView): MoneyRead => moneySchema.parse(job.outputs.get('read_money'));

/**
 * Refunds and disputes as Stripe's API has them now. What is wanted is noted before the first question, so that whoever
 * asks for more meanwhile is heard.
 */
export function createReadMoney({ payments, store, catalog }: ReadMoneyOptions): ReadStep {
  return {
    kind: 'read',
    name: 'read_money',
    version: 1,
    provider: 'stripe',
    timeoutMs: 30_000,
    retry: defaultRetryPolicy,

    async run(job, { signal }) {
      const { wanted, paymentIntentId } = await store.readWanted(paymentOf(job).id);
      // What cost nothing has no intent, and nothing of it can go back.
      if (paymentIntentId === null) return { kind: 'done', output: { ...noMoney, wanted } };
      const money = await payments.readMoney(paymentIntentId, signal);
      if (!money) throw unknownIntent(paymentIntentId);
      const { currency, received, disputes } = money;
      const refunds = await Promise.all(
        money.refunds.map(async (refund) => toRefund(refund, await named(refund))),
      );
      const read: MoneyRead = { wanted, currency, received, refunds, disputes };
      return { kind: 'done', output: read as unknown as JsonObject };
    },
  };

  /** The lines that a refund names, in the words of the order: by number, or by product. */
  async function named({ metadata }: ProviderRefund): Promise<Refund['named']> {
    const text = metadata[linesKey]?.replaceAll(' ', '');
    if (!text) return null;
    if (lineNumbers.test(text)) return text.split(',').map((lineNo) => ({ lineNo: Number(lineNo) }));
    const prices = namedPrices(text);
    if (!prices) return 'unusable';
    const products = await catalog.findByPrices(prices.map(({ priceId }) => priceId));
    const productOf = new Map(products.map(({ priceId, productId }) => [priceId, productId]));
    const lines = prices.flatMap(({ priceId, quantity }): NamedLine[] => {
      const productId = productOf.get(priceId);
      return productId === undefined ? [] : [{ productId, quantity }];
    });
    return lines.length === prices.length ? lines : 'unusable';
  }
}

const noMoney = { currency: null, received: 0, refunds: [], disputes: [] };

const lineNumbers = /^[1-9]\d{0,2}(,[1-9]\d{0,2})*$/;

const toRefund = (
  { refundId: id, amount: refunded, status, createdAt }: ProviderRefund,
  lines: Refund['named'],
): Refund => ({ id, amount: refunded, status, createdAt: createdAt.toISOString(), named: lines });

/** Its event has named it, so it will be there: Stripe's API may lag behind its webhooks. */
const unknownIntent = (paymentIntentId: string) =>
  new Fault({
    kind: 'transient',
    reason: 'stripe_object_missing',
    message: `Stripe's API does not know the PaymentIntent ${paymentIntentId} that its webhook named.`,
  });
