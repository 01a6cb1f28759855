import { purchaseEventKey } from '../domain/effectKey.ts';
import type { Mode } from '../domain/mailGate.ts';
import { decimalText } from '../domain/money.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { Analytics, AnalyticsEvent } from '../ports/analytics.ts';
import type { OutsideStep } from '../ports/step.ts';
import { orderOf } from './orderOf.ts';

/**
 * The shop's analytics learn of the purchase, with a stable id so that a repeat can be dropped there. Ids and amounts
 * only. Holds up nothing. Twice: the receiver sees the same id, for there is no way to ask it.
 */
export function createTrackPurchase(
  analytics: Analytics | null,
  mode: Mode = 'live',
): OutsideStep<AnalyticsEvent> {
  return {
    kind: 'outside',
    name: 'analytics',
    version: 1,
    timeoutMs: 15_000,
    retry: defaultRetryPolicy,
    // Where no analytics are configured, nothing is owed and the step is skipped.
    effects: (job) =>
      analytics ? [{ key: purchaseEventKey(orderOf(job).orderId), provider: 'analytics' }] : [],
    prepare(job, effect) {
      // Whoever really serves these buyers counts them.
      if (mode === 'shadow') return Promise.resolve({ kind: 'skip', reason: 'shadow_mode' });
      const order = orderOf(job);
      const prepared: AnalyticsEvent = {
        id: effect.key,
        name: 'purchase.fulfilled',
        occurredAt: new Date(order.paidAt),
        revenue: {
          amount: decimalText({ amountMinor: order.total, currency: order.currency }),
          currency: order.currency.toUpperCase(),
        },
        properties: {
          order_id: order.orderId,
          products: order.lines.map((line) => line.productId).join(','),
          items: String(order.lines.reduce((count, line) => count + line.quantity, 0)),
        },
      };
      return Promise.resolve({ kind: 'ready', prepared });
    },
    async make({ prepared }, { signal }) {
      await analytics?.track(prepared, signal);
      return { provider: analytics?.name ?? null, event: prepared.id };
    },
  };
}
