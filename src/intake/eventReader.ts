import { createHash } from 'node:crypto';
import { orderIdFrom } from '../domain/orderId.ts';
import type { Plan } from '../domain/plan.ts';
import type { EventRecord, PurchaseNews, ReadEvent } from '../ports/intakeStore.ts';
import type { Random } from '../ports/random.ts';
import { type EventReading, readStripeEvent } from './stripeEvent.ts';

export interface EventReaderOptions {
  random: Random;
  livemode: boolean;
  /** Events from before this are kept and not acted on: the past is never mailed. */
  startDate: Date;
  /** The plan new purchases get. */
  plan: Plan;
  slaSeconds: number;
  waitForSessionMs: number;
}

/**
 * What a webhook's bytes mean, and what becomes of them: the same for those that come now and for those that were kept.
 * It checks no signature; whoever calls it has.
 */
export function createEventReader(options: EventReaderOptions): ReadEvent {
  return (body, traceContext) => {
    const reading = sinceStart(readStripeEvent(body, options.livemode), options.startDate);
    return {
      event: recordOf(reading, body),
      purchase: reading.verdict === 'purchase' ? newsOf(reading, traceContext ?? null, options) : null,
    };
  };
}

function sinceStart(reading: EventReading, startDate: Date): EventReading {
  if (reading.verdict !== 'purchase' || reading.envelope.created * 1000 >= startDate.getTime())
    return reading;
  return { verdict: 'ignored', envelope: reading.envelope, reason: 'before_start_date' };
}

function newsOf(
  reading: Extract<EventReading, { verdict: 'purchase' }>,
  traceContext: string | null,
  options: EventReaderOptions,
): PurchaseNews {
  return {
    ...reading.news,
    orderId: orderIdFrom(options.random.bytes(12)),
    livemode: reading.envelope.livemode,
    plan: options.plan,
    slaSeconds: options.slaSeconds,
    waitForSessionMs: options.waitForSessionMs,
    traceContext,
  };
}

function recordOf(reading: EventReading, body: Uint8Array): EventRecord {
  const { envelope } = reading;
  const says = envelope.data === undefined ? body : JSON.stringify([envelope.type, envelope.data]);
  return {
    eventId: envelope.id ?? null,
    type: envelope.type ?? null,
    apiVersion: envelope.apiVersion ?? null,
    livemode: envelope.livemode ?? null,
    occurredAt: envelope.created === undefined ? null : new Date(envelope.created * 1000),
    verdict: reading.verdict === 'purchase' ? 'accepted' : reading.verdict,
    reason: reading.verdict === 'purchase' ? null : reading.reason,
    door: 'webhook',
    body,
    contentSha256: createHash('sha256').update(says).digest(),
  };
}
