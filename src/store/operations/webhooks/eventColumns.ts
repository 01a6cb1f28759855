import type { ReceivedEvent } from '../../../ports/receivedEvents.ts';

export interface EventRow {
  id: string;
  eventId: string | null;
  type: string | null;
  apiVersion: string | null;
  livemode: boolean | null;
  occurredAt: Date | null;
  receivedAt: Date;
  verdict: ReceivedEvent['verdict'];
  reason: string | null;
  reprocessedAt: Date | null;
  orderId: string | null;
  paymentKey: string | null;
  jobId: string | null;
  jobState: string | null;
}

/** Of a row of stripe_events that is called `e`, with its payment `p` and that payment's fulfilment `j`. */
export const eventColumns = `e.id, e.event_id as "eventId", e.type, e.api_version as "apiVersion", e.livemode,
  e.occurred_at as "occurredAt", e.received_at as "receivedAt", e.verdict, e.reason,
  e.reprocessed_at as "reprocessedAt", p.order_id as "orderId", p.payment_key as "paymentKey",
  j.id as "jobId", j.state as "jobState"`;

export const eventJoins = `
  left join fulfillment.payments p on p.id = e.payment_id
  left join fulfillment.fulfillment_jobs j on j.payment_id = p.id and j.kind = 'fulfil'`;

export function toEvent(row: EventRow): ReceivedEvent {
  const { id, eventId, type, apiVersion, livemode, occurredAt, receivedAt, verdict, reason } = row;
  const { orderId, paymentKey, jobId, jobState, reprocessedAt } = row;
  return {
    ...{ id, eventId, type, apiVersion, livemode, occurredAt, receivedAt, verdict, reason, reprocessedAt },
    order: orderId === null || paymentKey === null ? null : { orderId, paymentKey, jobId, jobState },
  };
}
