import { purchaseEventKey, purchaseTrackedKey } from '../domain/effectKey.ts';
import type { Mode } from '../domain/mailGate.ts';
import { decimalText } from '../domain/money.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { Analytics, AnalyticsEvent } from '../ports/analytics.ts';
import type { EffectSpec, JobView, OutsideStep } from '../ports/step.ts';
import { orderOf } from './orderOf.ts';

/**
 * The shop's analytics learn of the purchase, each by an effect of its own, so one that is down holds up no other. Ids
 * and amounts only. Holds up nothing. Twice: every receiver sees the same id, for there is no way to ask it.
 */
export function createTrackPurchase(
  analytics: readonly Analytics[],
  mode: Mode = 'live',
): OutsideStep<AnalyticsEvent> {
  const byName = new Map(analytics.map((one) => [one.name, one]));
  if (byName.size < analytics.length) throw new TypeError('Two analytics have the same name.');

  return {
    kind: 'outside',
    name: 'analytics',
    version: 1,
    timeoutMs: 15_000,
    retry: defaultRetryPolicy,
    // Where no analytics are configured, nothing is owed and the step is skipped.
    effects: (job) => analytics.map(({ name }) => effectOf(job, name)),
    prepare(job) {
      // Whoever really serves these buyers counts them.
      if (mode === 'shadow') return Promise.resolve({ kind: 'skip', reason: 'shadow_mode' });
      return Promise.resolve({ kind: 'ready', prepared: eventOf(job) });
    },
    async make({ effect, prepared }, { signal }) {
      const receiver = byName.get(effect.provider);
      if (!receiver) throw new TypeError(`There are no analytics called ${effect.provider}.`);
      await receiver.track(prepared, signal);
      return { provider: receiver.name, event: prepared.id };
    },
  };
}

function effectOf(job: JobView, provider: string): EffectSpec {
  return { key: purchaseTrackedKey(orderOf(job).orderId, provider), provider };
}

function eventOf(job: JobView): AnalyticsEvent {
  const order = orderOf(job);
  return {
    id: purchaseEventKey(order.orderId),
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
}
