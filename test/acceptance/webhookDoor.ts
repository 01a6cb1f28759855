import { createHmac, randomBytes } from 'node:crypto';
import type { ShopUnderTest } from './stack.ts';

export interface SigningOptions {
  secret?: string;
  /** Unix seconds; now unless told. */
  at?: number;
}

/** The header Stripe sends (https://docs.stripe.com/webhooks#verify-manually). */
export function stripeSignature(
  stack: ShopUnderTest,
  body: Buffer,
  { secret, at }: SigningOptions = {},
): string {
  const seconds = at ?? Math.floor(Date.now() / 1000);
  const hmac = createHmac('sha256', secret ?? stack.places.webhookSecret);
  return `t=${seconds},v1=${hmac.update(`${seconds}.`).update(body).digest('hex')}`;
}

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

/** Knocks at the product's webhook. */
export async function post(
  stack: ShopUnderTest,
  body: Buffer,
  headers: Record<string, string>,
): Promise<Answer> {
  const answer = await fetch(`${stack.places.urls.api}/webhooks/stripe`, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Sends a body as Stripe would: as JSON, signed. */
export const postSigned = (stack: ShopUnderTest, body: Buffer, signing: SigningOptions = {}) =>
  post(stack, body, {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': stripeSignature(stack, body, signing),
  });

/** An event as Stripe shapes it, of a type nobody acts on unless told. */
export function event(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: `evt_${randomBytes(12).toString('hex')}`,
    object: 'event',
    api_version: '2026-10-28',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    type: 'customer.created',
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: 'cus_1', object: 'customer' } },
    ...changes,
  };
}

export const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
