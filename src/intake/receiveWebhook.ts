import { errorName, errorTrace } from '../domain/errorTrace.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventRecord, IntakeStore } from '../ports/intakeStore.ts';
import type { Telemetry, WebhookOutcome } from '../ports/telemetry.ts';
import { createEventReader, type EventReaderOptions } from './eventReader.ts';
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

export interface ReceiveWebhookOptions extends EventReaderOptions {
  store: IntakeStore;
  clock: Clock;
  telemetry: Telemetry;
  /** Every active signing secret; two while one is being rolled. */
  secrets: readonly string[];
  /** Called after COMMIT, when there is work for this process's worker. */
  onWork(): void;
}

/** The webhook's whole decision: 200 only after COMMIT, 400 without detail for a bad signature, 503 when we are down. */
export function createWebhookReceiver(
  options: ReceiveWebhookOptions,
): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { store, clock, telemetry } = options;
  const read = createEventReader(options);

  return async (request) => {
    const startedMs = clock.elapsedMs();
    const answered = (outcome: WebhookOutcome, event?: EventRecord) =>
      telemetry.emit({
        name: 'webhook.answered',
        outcome,
        type: event?.type ?? null,
        eventId: event?.eventId ?? null,
        durationMs: clock.elapsedMs() - startedMs,
        ...(event?.occurredAt ? { lagSeconds: secondsSince(event.occurredAt, clock.now()) } : {}),
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
    const { event, purchase } = read(request.body, request.traceContext);
    try {
      const { outcome, jobId } = await store.accept(event, purchase);
      answered(outcome, event);
      if (outcome === 'accepted' && jobId)
        telemetry.emit({ name: 'job.accepted', jobId, eventId: event.eventId ?? '', door: 'webhook' });
      if (jobId) options.onWork();
      return { status: 200, body: { received: true } };
    } catch (error) {
      // Either way Stripe sends it again; which of the two it was decides who has to get up.
      if (store.isUnavailable(error)) {
        telemetry.emit({ name: 'database.unavailable', during: 'accept', error: errorName(error) });
      } else telemetry.emit({ name: 'unexpected.error', during: 'accept', ...errorTrace(error) });
      answered('unavailable', event);
      return { status: 503, body: { error: 'unavailable' }, retryAfterSeconds: 30 };
    }
  };
}

/** Stripe's clock and ours may differ by a little. */
const secondsSince = (then: Date, now: Date) => Math.max(0, (now.getTime() - then.getTime()) / 1000);
