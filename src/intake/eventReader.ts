import { createHash } from 'node:crypto';
import type { Plan } from '../domain/plan.ts';
import { sortedJson } from '../domain/sortedJson.ts';
import type { EventRecord, PurchaseNews, ReadEvent, SettlementNews } from '../ports/intakeStore.ts';
import { orderIdOf } from './orderIdOf.ts';
import { type EventReading, readStripeEvent } from './stripeEvent.ts';

export interface EventReaderOptions {
  livemode: boolean;
  /** Events from before this are kept and not acted on: the past is never mailed. */
  startDate: Date;
  /** The plan new purchases get. */
  plan: Plan;
  /** The plan that follows what went back. */
  settlePlan: Plan;
  slaSeconds: number;
  waitForSessionMs: number;
  /** The version of Stripe's API that our shapes were made for: where another cannot be read, the reason says so. */
  apiVersion?: string;
}

/**
 * What a webhook's bytes mean, and what becomes of them: the same for those that come now and for those that were kept.
 * It checks no signature; whoever calls it has.
 */
export function createEventReader(options: EventReaderOptions): ReadEvent {
  return (body, traceContext) => {
    const reading = namingVersion(
      sinceStart(readStripeEvent(body, options.livemode), options.startDate),
      options.apiVersion,
    );
    return {
      event: recordOf(reading, body),
      purchase: newsOf(reading, traceContext ?? null, options),
    };
  };
}

function sinceStart(reading: EventReading, startDate: Date): EventReading {
  if (!isActedOn(reading) || reading.envelope.created * 1000 >= startDate.getTime()) return reading;
  return { verdict: 'ignored', envelope: reading.envelope, reason: 'before_start_date' };
}

/** A shape that we do not know is most often one of another version: whoever looks at it should see that at once. */
function namingVersion(reading: EventReading, pinned: string | undefined): EventReading {
  if (reading.verdict !== 'quarantined' || pinned === undefined) return reading;
  const { apiVersion } = reading.envelope;
  if (apiVersion === undefined || apiVersion === null || apiVersion === pinned) return reading;
  return { ...reading, reason: `api_version ${apiVersion}: ${reading.reason}` };
}

const isActedOn = (reading: EventReading) =>
  reading.verdict === 'purchase' || reading.verdict === 'settlement';

function newsOf(
  reading: EventReading,
  traceContext: string | null,
  options: EventReaderOptions,
): PurchaseNews | SettlementNews | null {
  if (reading.verdict !== 'purchase' && reading.verdict !== 'settlement') return null;
  const { livemode } = reading.envelope;
  const { plan, settlePlan, slaSeconds, waitForSessionMs } = options;
  const common = { livemode, slaSeconds, traceContext };
  if (reading.verdict === 'purchase') {
    const { news } = reading;
    return { ...common, ...news, orderId: orderIdOf(news.paymentKey), plan, waitForSessionMs };
  }
  const { paymentIntentId: key } = reading;
  const settlement = { kind: 'settlement', paymentKey: key, paymentIntentId: key, plan: settlePlan } as const;
  return { ...common, ...settlement, orderId: orderIdOf(key) };
}

function recordOf(reading: EventReading, body: Uint8Array): EventRecord {
  const { envelope } = reading;
  // The poller fetches what a webhook sends: the same content, in whatever order its members come.
  const says = envelope.data === undefined ? body : sortedJson([envelope.type, envelope.data]);
  return {
    eventId: envelope.id ?? null,
    type: envelope.type ?? null,
    apiVersion: envelope.apiVersion ?? null,
    livemode: envelope.livemode ?? null,
    occurredAt: envelope.created === undefined ? null : new Date(envelope.created * 1000),
    verdict:
      reading.verdict === 'purchase' || reading.verdict === 'settlement' ? 'accepted' : reading.verdict,
    reason: 'reason' in reading ? reading.reason : null,
    door: 'webhook',
    body,
    contentSha256: createHash('sha256').update(says).digest(),
  };
}
