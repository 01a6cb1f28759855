import { createHash } from 'node:crypto';
import { errorName, errorTrace } from '../domain/errorTrace.ts';
import { orderIdFrom } from '../domain/orderId.ts';
import type { Plan } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventRecord, IntakeStore, PurchaseNews } from '../ports/intakeStore.ts';
import type { Random } from '../ports/random.ts';
import type { Telemetry, WebhookOutcome } from '../ports/telemetry.ts';
import { type EventReading, readStripeEvent } from './stripeEvent.ts';
import { verifyStripeSignature } from './stripeSignature.ts';

export interface WebhookRequest {
  body: Uint8Array;
  signatureHeader: string | string[] | undefined;
  traceContext?: string | undefined;
}

export interface WebhookAnswer {
  status: 200 | 400 | 503;
  body: { received: true } | { error: 'invalid' | 'unavailable' };
  retryAfterSeconds?: number;
}

export interface ReceiveWebhookOptions {
  store: IntakeStore;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  /** Every active signing secret; two while one is being rolled. */
  secrets: readonly string[];
  livemode: boolean;
  /** Events from before this are kept and not acted on: the past is never mailed. */
  startDate: Date;
  /** The plan new purchases get. */
  plan: Plan;
  slaSeconds: number;
  waitForSessionMs: number;
  /** Called after COMMIT, when there is work for this process's worker. */
  onWork(): void;
}

/** The webhook's whole decision: 200 only after COMMIT, 400 without detail for a bad signature, 503 when we are down. */
export function createWebhookReceiver(
  options: ReceiveWebhookOptions,
): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { store, clock, telemetry } = options;

  return async (request) => {
    const startedMs = clock.elapsedMs();
    const answered = (outcome: WebhookOutcome, reading?: EventReading) =>
      telemetry.emit({
        name: 'webhook.answered',
        outcome,
        type: reading?.envelope.type ?? null,
        eventId: reading?.envelope.id ?? null,
        durationMs: clock.elapsedMs() - startedMs,
      });

    const signature = verifyStripeSignature(
      request.body,
      request.signatureHeader,
      options.secrets,
      clock.now(),
    );
    if (!signature.genuine) {
      answered('refused');
      return { status: 400, body: { error: 'invalid' } };
    }
    const reading = sinceStart(readStripeEvent(request.body, options.livemode), options.startDate);
    try {
      const purchase = reading.verdict === 'purchase' ? newsOf(reading, request, options) : null;
      const { outcome, jobId } = await store.accept(recordOf(reading, request.body), purchase);
      answered(outcome, reading);
      if (outcome === 'accepted' && jobId)
        telemetry.emit({ name: 'job.accepted', jobId, eventId: reading.envelope.id ?? '' });
      if (jobId) options.onWork();
      return { status: 200, body: { received: true } };
    } catch (error) {
      // Either way Stripe sends it again; which of the two it was decides who has to get up.
      if (store.isUnavailable(error)) {
        telemetry.emit({ name: 'database.unavailable', during: 'accept', error: errorName(error) });
      } else telemetry.emit({ name: 'unexpected.error', during: 'accept', ...errorTrace(error) });
      answered('unavailable', reading);
      return { status: 503, body: { error: 'unavailable' }, retryAfterSeconds: 30 };
    }
  };
}

function sinceStart(reading: EventReading, startDate: Date): EventReading {
  if (reading.verdict !== 'purchase' || reading.envelope.created * 1000 >= startDate.getTime())
    return reading;
  return { verdict: 'ignored', envelope: reading.envelope, reason: 'before_start_date' };
}

function newsOf(
  reading: Extract<EventReading, { verdict: 'purchase' }>,
  request: WebhookRequest,
  options: ReceiveWebhookOptions,
): PurchaseNews {
  return {
    ...reading.news,
    orderId: orderIdFrom(options.random.bytes(12)),
    livemode: reading.envelope.livemode,
    plan: options.plan,
    slaSeconds: options.slaSeconds,
    waitForSessionMs: options.waitForSessionMs,
    traceContext: request.traceContext ?? null,
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
