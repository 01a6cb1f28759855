import { createHmac, randomUUID } from 'node:crypto';

/** `secret` is `whsec_` and a key in base64. */
export type WebhookTarget = { url: string; secret: string };

export type WebhookSender = {
  /** Sends it after a while, and again when it is not taken. */
  send(event: object, afterMs: number): void;
  /** Drops what has not been sent. */
  stop(): void;
};

/** Svix, which sends Resend's webhooks, waits longer and longer between seven tries; three are enough here. */
const retriesAfterMs = [5_000, 60_000];

/** Sends webhooks signed as Svix signs them (docs.svix.com/receiving/verifying-payloads/how-manual). */
export function createWebhookSender(target: WebhookTarget | null): WebhookSender {
  const stopped = new AbortController();
  const timers = new Set<NodeJS.Timeout>();

  function later(target: WebhookTarget, id: string, body: string, waitsMs: readonly number[]): void {
    const [waitMs, ...rest] = waitsMs;
    if (waitMs === undefined || stopped.signal.aborted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void post(target, id, body, stopped.signal).then((taken) => taken || later(target, id, body, rest));
    }, waitMs);
    timers.add(timer);
  }

  return {
    send: (event, afterMs) => {
      if (target) later(target, `msg_${randomUUID()}`, JSON.stringify(event), [afterMs, ...retriesAfterMs]);
    },
    stop: () => {
      stopped.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Whether it was taken. */
async function post(
  { url, secret }: WebhookTarget,
  id: string,
  body: string,
  signal: AbortSignal,
): Promise<boolean> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${signature}`,
  };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
