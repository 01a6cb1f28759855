import { writeObjects } from './objectStore.ts';
import type { Db, NewObject } from './objectStore.ts';
import type { EventBody } from './objects/shapes.ts';
import { plannedDeliveries } from './webhooks/webhookPlan.ts';
import type { DeliveryTarget, WebhookPlan } from './webhooks/webhookPlan.ts';

/** What has changed, and the events that tell of it, in Stripe's order. */
export interface Recorded {
  objects: readonly NewObject[];
  events: readonly EventBody[];
  /** How their webhooks are sent; as it is ordered for all at the moment unless told. */
  webhook?: WebhookPlan;
}

/** Writes a change with its events and their deliveries in one statement. */
export type Recorder = (db: Db, change: Recorded) => Promise<void>;

export function createRecorder(context: {
  targets: () => readonly DeliveryTarget[];
  usualPlan: () => WebhookPlan;
}): Recorder {
  return (db, { objects, events, webhook }) =>
    writeObjects(
      db,
      [...objects, ...eventRows(events)],
      plannedDeliveries(events, webhook ?? context.usualPlan(), context.targets()),
    );
}

/** Events as rows of the store. */
export function eventRows(events: readonly EventBody[]): NewObject[] {
  return events.map((body) => ({ body, created: body.created }));
}
