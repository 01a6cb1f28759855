import { createHmac } from 'node:crypto';

type Fields = Record<string, unknown>;

/** The part of a Checkout Session that an event of ours is read by. */
export const sessionObject = (fields: Fields = {}): Fields => ({
  id: 'cs_test_1',
  object: 'checkout.session',
  amount_total: 4900,
  currency: 'pln',
  livemode: false,
  metadata: {},
  mode: 'payment',
  payment_intent: 'pi_1',
  payment_status: 'paid',
  status: 'complete',
  ...fields,
});

export const intentObject = (fields: Fields = {}): Fields => ({
  id: 'pi_1',
  object: 'payment_intent',
  amount: 4900,
  amount_received: 4900,
  currency: 'pln',
  livemode: false,
  metadata: {},
  status: 'succeeded',
  ...fields,
});

/** A snapshot event as Stripe posts it: `checkout.session.completed` unless told otherwise. */
export const stripeEvent = (object: Fields = sessionObject(), fields: Fields = {}): Fields => ({
  id: 'evt_1',
  object: 'event',
  api_version: '2026-10-28.dahlia',
  created: 1_795_000_000,
  data: { object },
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  type: object['object'] === 'payment_intent' ? 'payment_intent.succeeded' : 'checkout.session.completed',
  ...fields,
});

export const bytesOf = (content: unknown): Buffer =>
  Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));

/** The hex signature of one secret over `t.body`. */
export const signatureOf = (body: Uint8Array, secret: string, timestamp: number | string): string =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');

/** A `Stripe-Signature` header; one `v1` per secret, as while a secret is being rolled. */
export function signatureHeader(body: Uint8Array, secrets: string[], at: Date): string {
  const timestamp = Math.floor(at.getTime() / 1000);
  return [`t=${timestamp}`, ...secrets.map((secret) => `v1=${signatureOf(body, secret, timestamp)}`)].join(
    ',',
  );
}
