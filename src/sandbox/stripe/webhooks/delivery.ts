import type { Pool } from 'pg';
import { dueDeliveries, nextDeliveryInMs, recordOutcomes } from './deliveryStore.ts';
import type { DeliveryOutcome, DueDelivery } from './deliveryStore.ts';
import { createDueLoop } from '../dueLoop.ts';
import { stripeJson } from '../wire/json.ts';
import type { WebhookEndpoint } from './endpoints.ts';
import { eventInVersion } from './eventInVersion.ts';
import { signatureHeader } from './signing.ts';
import { createWebhookSender } from './webhookSender.ts';

export interface DeliveryOptions {
  pool: Pool;
  /** Read at every try, so that a change of address or secret counts at once. */
  endpoint: (id: string) => WebhookEndpoint | undefined;
  /** The version of what an endpoint without one of its own gets. */
  accountVersion: () => string;
  nowMs: () => number;
  onError: (error: unknown) => void;
  /** Waits between the tries of one delivery; the last one repeats. */
  retryDelaysMs?: readonly number[];
  concurrency?: number;
  timeoutMs?: number;
}

export interface WebhookDelivery {
  start(): void;
  wake(): void;
  pause(paused: boolean): void;
  /** Waits a moment for what is on its way. What is not answered by then stays pending and is sent after a restart. */
  stop(): Promise<void>;
}

const defaultRetryDelaysMs = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000];
const recordEveryMs = 10;

/**
 * Delivers events until the endpoint answers with a 2xx, also over restarts: a pending delivery lives in Postgres and
 * leaves it only when it is done. As with Stripe, an event may arrive more than once and in any order.
 */
export function createWebhookDelivery(options: DeliveryOptions): WebhookDelivery {
  const { pool, concurrency = 16, retryDelaysMs = defaultRetryDelaysMs } = options;
  const onTheWay = new Set<string>();
  let sender = createSender();
  let answered: DeliveryOutcome[] = [];
  let recording: Promise<void> | undefined;
  let paused = false;
  let abandoned = false;

  const loop = createDueLoop({ step: sendDue, onError: options.onError });

  function createSender() {
    return createWebhookSender({ connections: concurrency, timeoutMs: options.timeoutMs ?? 20_000 });
  }

  /** Fills the free places; every place that becomes free wakes the loop again. */
  async function sendDue(): Promise<number | null> {
    if (paused || onTheWay.size >= concurrency * 2) return null;
    const free = concurrency * 2 - onTheWay.size;
    const due = await dueDeliveries(pool, [...onTheWay], free);
    for (const delivery of due) {
      onTheWay.add(delivery.id);
      void send(delivery);
    }
    return due.length === free ? null : nextDeliveryInMs(pool, [...onTheWay]);
  }

  async function send(delivery: DueDelivery): Promise<void> {
    const { id, attempts } = delivery;
    const endpoint = options.endpoint(delivery.endpointId);
    // As Stripe does: whoever was disabled or deleted by the time of a try gets no further ones.
    if (!endpoint || endpoint.disabled) {
      note({
        id,
        attempts,
        status: null,
        error: 'endpoint_off',
        answerMs: 0,
        state: 'dropped',
        retryInMs: 0,
      });
      return;
    }
    const { url, secrets } = endpoint;
    const rawBody = stripeJson(
      eventInVersion(delivery.event, endpoint.apiVersion ?? options.accountVersion()),
    );
    const signature = signatureHeader(rawBody, secrets, Math.floor(options.nowMs() / 1000));
    const answer = await sender.post(url, rawBody, signature);
    if (abandoned) return;
    const accepted = answer.status !== null && answer.status >= 200 && answer.status < 300;
    const state = accepted ? 'delivered' : 'pending';
    const retryInMs = accepted ? 0 : (retryDelaysMs[attempts] ?? retryDelaysMs.at(-1) ?? 1_000);
    note({ id, attempts: attempts + 1, ...answer, state, retryInMs });
  }

  function note(outcome: DeliveryOutcome): void {
    answered.push(outcome);
    recording ??= recordSoon();
  }

  /** Gathers the answers of a few milliseconds into one statement; a burst brings thousands of them. */
  async function recordSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, recordEveryMs));
    const outcomes = answered;
    answered = [];
    recording = undefined;
    try {
      await recordOutcomes(pool, outcomes);
    } catch (error) {
      options.onError(error);
    }
    // An outcome that could not be recorded leaves the delivery pending: it is sent again.
    for (const { id } of outcomes) onTheWay.delete(id);
    loop.wake();
  }

  return {
    start() {
      abandoned = false;
      loop.start();
    },
    wake: () => loop.wake(),
    pause(value) {
      paused = value;
      loop.wake();
    },
    async stop() {
      await loop.stop();
      const deadlineMs = Date.now() + 1_000;
      while (onTheWay.size > 0 && Date.now() < deadlineMs) {
        await (recording ?? new Promise((resolve) => setTimeout(resolve, recordEveryMs)));
      }
      abandoned = true;
      onTheWay.clear();
      sender.close();
      sender = createSender();
    },
  };
}
