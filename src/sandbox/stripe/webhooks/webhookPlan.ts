import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { NewDelivery } from '../objectStore.ts';
import type { EventBody } from '../objects/shapes.ts';

/** How the webhooks of one change are sent, for tests of an unreliable network. */
export const webhookPlanSchema = z.strictObject({
  /** How many times each event is sent. */
  copies: z.int().min(1).max(20).default(1),
  /** Sends copies and sibling events in random order. */
  shuffle: z.boolean().default(false),
  /** Sends none of the events, or none of the types named. They stay visible in the API. */
  drop: z.union([z.boolean(), z.array(z.string())]).default(false),
  /** The share of events, from 0 to 1, that is not sent: others for every event. */
  dropShare: z.number().min(0).max(1).default(0),
  /** Waits so long before the first try. */
  delayMs: z.int().min(0).max(86_400_000).default(0),
  /** Waits longer by up to so long, other for every copy: what was caused later may arrive earlier. */
  jitterMs: z.int().min(0).max(86_400_000).default(0),
});

export type WebhookPlan = z.infer<typeof webhookPlanSchema>;

export const plainDelivery: WebhookPlan = webhookPlanSchema.parse({});

/** What of an endpoint decides which events it gets. */
export interface DeliveryTarget {
  id: string;
  enabledEvents: readonly string[];
  apiVersion: string | null;
}

/** Before this version cards had no `refund.*` events, docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update. */
const refundEventsSince = '2024-10-28';

/** The deliveries of events by a plan, in the order they are sent. Types an endpoint has not enabled get none. */
export function plannedDeliveries(
  events: readonly EventBody[],
  plan: WebhookPlan,
  targets: readonly DeliveryTarget[],
): NewDelivery[] {
  const deliveries = events.flatMap((event): NewDelivery[] => {
    const dropped =
      Math.random() < plan.dropShare ||
      (Array.isArray(plan.drop) ? plan.drop.includes(event.type) : plan.drop);
    return targets
      .filter((target) => gets(target, event.type))
      .flatMap(({ id }) => deliveriesTo(id, event.id, { ...plan, drop: dropped }));
  });
  return plan.shuffle ? shuffled(deliveries) : deliveries;
}

function gets({ enabledEvents, apiVersion }: DeliveryTarget, type: string): boolean {
  if (type.startsWith('refund.') && apiVersion !== null && apiVersion < refundEventsSince) return false;
  return enabledEvents.includes('*') || enabledEvents.includes(type);
}

function deliveriesTo(
  endpointId: string,
  eventId: string,
  plan: WebhookPlan & { drop: boolean },
): NewDelivery[] {
  if (plan.drop) return [{ endpointId, eventId, state: 'dropped', delayMs: 0 }];
  return Array.from({ length: plan.copies }, () => ({
    endpointId,
    eventId,
    state: 'pending',
    delayMs: plan.delayMs + (plan.jitterMs > 0 ? randomInt(plan.jitterMs) : 0),
  }));
}

function shuffled<T>(list: readonly T[]): T[] {
  const keyed = list.map((item) => ({ item, key: randomInt(2 ** 32) }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
