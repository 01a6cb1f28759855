import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { NewDelivery } from '../objectStore.ts';
import type { EventBody } from '../objects/shapes.ts';

/** How the webhooks of one purchase are sent, for tests of an unreliable network. */
export const webhookPlanSchema = z.strictObject({
  /** How many times each event is sent. */
  copies: z.int().min(1).max(20).default(1),
  /** Sends copies and sibling events in random order. */
  shuffle: z.boolean().default(false),
  /** Sends none of the events, or none of the types named. They stay visible in the API. */
  drop: z.union([z.boolean(), z.array(z.string())]).default(false),
  /** Waits so long before the first try. */
  delayMs: z.int().min(0).max(86_400_000).default(0),
});

export type WebhookPlan = z.infer<typeof webhookPlanSchema>;

export const plainDelivery: WebhookPlan = { copies: 1, shuffle: false, drop: false, delayMs: 0 };

/** The deliveries of events by a plan, in the order they are sent. Types the endpoint has not enabled get none. */
export function plannedDeliveries(
  events: readonly EventBody[],
  plan: WebhookPlan,
  enabledEvents: readonly string[],
): NewDelivery[] {
  const enabled = events.filter((event) => enabledEvents.includes('*') || enabledEvents.includes(event.type));
  const deliveries = enabled.flatMap((event): NewDelivery[] => {
    const dropped = Array.isArray(plan.drop) ? plan.drop.includes(event.type) : plan.drop;
    if (dropped) return [{ eventId: event.id, state: 'dropped', delayMs: 0 }];
    return Array.from({ length: plan.copies }, () => ({
      eventId: event.id,
      state: 'pending',
      delayMs: plan.delayMs,
    }));
  });
  return plan.shuffle ? shuffled(deliveries) : deliveries;
}

function shuffled<T>(list: readonly T[]): T[] {
  const keyed = list.map((item) => ({ item, key: randomInt(2 ** 32) }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
