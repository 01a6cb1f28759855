import { z } from 'zod';
import { eventVerdicts, type ReceivedEvent } from '../../ports/receivedEvents.ts';

/** What both list and page show of an event. */
export const eventFields = {
  id: z.string().describe('Ours; every event has one.'),
  eventId: z.string().nullable().describe('Stripe’s; null where the content had no usable one.'),
  type: z.string().nullable(),
  apiVersion: z.string().nullable(),
  livemode: z.boolean().nullable(),
  verdict: z.enum(eventVerdicts),
  reason: z.string().nullable().describe('Why it was not acted on.'),
  occurredAt: z.string().nullable(),
  receivedAt: z.string(),
  lagSeconds: z.int().nullable().describe('From its making at Stripe to its coming here.'),
  reprocessedAt: z.string().nullable(),
  order: z
    .strictObject({
      orderId: z.string(),
      paymentKey: z.string(),
      jobId: z.string().nullable(),
      jobState: z.string().nullable(),
    })
    .nullable()
    .describe('The order it belongs to, and its fulfilment.'),
};

const shape = z.strictObject(eventFields);

export function eventShown(event: ReceivedEvent): z.infer<typeof shape> {
  const { occurredAt, receivedAt } = event;
  return {
    id: event.id,
    eventId: event.eventId,
    type: event.type,
    apiVersion: event.apiVersion,
    livemode: event.livemode,
    verdict: event.verdict,
    reason: event.reason,
    occurredAt: occurredAt?.toISOString() ?? null,
    receivedAt: receivedAt.toISOString(),
    lagSeconds: occurredAt && Math.round((receivedAt.getTime() - occurredAt.getTime()) / 1_000),
    reprocessedAt: event.reprocessedAt?.toISOString() ?? null,
    order: event.order,
  };
}

/** Names one event. */
export const eventIdInput = z
  .string()
  .regex(/^evt_[A-Za-z0-9_]{1,250}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
    error: 'This must be an event’s id: evt_… as Stripe names it, or the id that webhooks:list shows.',
  })
  .describe('The event: evt_… as Stripe names it, or the id that webhooks:list shows.');
