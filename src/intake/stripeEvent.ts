import { z } from 'zod';
import { isMinorAmount } from '../domain/money.ts';
import { purchaseEventTypes, settlementEventTypes } from '../domain/stripeEventTypes.ts';

/** What an event means to us. */
export type EventReading =
  | { verdict: 'purchase'; envelope: Envelope; news: PurchaseReading }
  /** Money went back, or came again: what holds now is for Stripe's API to say. */
  | { verdict: 'settlement'; envelope: Envelope; paymentIntentId: string }
  | { verdict: 'ignored'; envelope: Partial<Envelope> & Pick<Envelope, 'id'>; reason: string }
  | { verdict: 'quarantined'; envelope: Partial<Envelope>; reason: string };

export interface Envelope {
  id: string;
  type: string;
  apiVersion: string | null;
  livemode: boolean;
  created: number;
  data: unknown;
}

export interface PurchaseReading {
  paymentKey: string;
  paymentIntentId: string | null;
  checkoutSessionId: string | null;
  paid: boolean;
}

const depthMax = 64;
const eventId = /^evt_[A-Za-z0-9_]{1,250}$/;
const eventType = /^[a-z0-9_.]{1,200}$/;
const intentId = z.string().regex(/^pi_[A-Za-z0-9_]{1,250}$/);
const sessionId = z.string().regex(/^cs_[A-Za-z0-9_]{1,250}$/);
const amount = z.number().refine(isMinorAmount);
const currency = z.string().regex(/^[a-z]{3}$/);

const envelopeSchema = z.object({
  id: z.string().regex(eventId),
  object: z.literal('event'),
  type: z.string().regex(eventType),
  api_version: z
    .string()
    .regex(/^[\x20-\x7e]{0,100}$/)
    .nullish(),
  account: z.string().nullish(),
  livemode: z.boolean(),
  created: z.number().int().min(0).max(99_999_999_999),
  data: z.object({ object: z.looseObject({ object: z.string() }) }),
});

const checkoutSchema = z.object({
  object: z.literal('checkout.session'),
  id: sessionId,
  mode: z.enum(['payment', 'setup', 'subscription']),
  payment_status: z.enum(['paid', 'unpaid', 'no_payment_required']),
  status: z.enum(['open', 'complete', 'expired']).nullish(),
  // Every version of the API has it, or null: one without it is not one that we can read.
  payment_intent: z.union([intentId, z.object({ id: intentId }).transform((intent) => intent.id)]).nullable(),
  amount_total: amount.nullish(),
  currency: currency.nullish(),
  livemode: z.boolean(),
});

const intentSchema = z.object({
  object: z.literal('payment_intent'),
  id: intentId,
  status: z.string(),
  amount_received: amount,
  currency,
  livemode: z.boolean(),
});

/** Of refunds, disputes and refunded charges only whose they are is read: what they say may be over by now. */
const moneyBackSchema = z.object({
  object: z.enum(['charge', 'refund', 'dispute']),
  payment_intent: z.union([intentId, z.object({ id: intentId }).transform((intent) => intent.id)]).nullable(),
  livemode: z.boolean().optional(),
});

const settlementTypes = new Map<string, string>(Object.entries(settlementEventTypes));
/** All others are kept and not acted on. */
const purchaseTypes: ReadonlySet<string> = new Set(purchaseEventTypes);

/**
 * Reads a signed body. Content that cannot be used is never an error to Stripe: it is kept and shown to a human,
 * because repeating it for three days would not make it better.
 */
export function readStripeEvent(body: Uint8Array, livemode: boolean): EventReading {
  let parsed: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    if (nestingOf(text) > depthMax)
      return { verdict: 'quarantined', envelope: {}, reason: 'nested_too_deep' };
    parsed = JSON.parse(text);
  } catch {
    return { verdict: 'quarantined', envelope: {}, reason: 'not_json' };
  }
  const checked = envelopeSchema.safeParse(parsed);
  if (!checked.success) return unlikeAnEvent(parsed, checked.error);
  const { id, type, api_version: apiVersion, created, data } = checked.data;
  const envelope = {
    id,
    type,
    apiVersion: apiVersion ?? null,
    livemode: checked.data.livemode,
    created,
    data: (parsed as { data: unknown }).data,
  };
  if (hasUnstorableText(parsed)) return { verdict: 'quarantined', envelope, reason: 'unstorable_text' };
  if (envelope.livemode !== livemode) return { verdict: 'ignored', envelope, reason: 'other_mode' };
  // Of a connected account: its objects are not ours to read, and its sales not ours to fulfil.
  if (checked.data.account) return { verdict: 'ignored', envelope, reason: 'other_account' };
  const moneyBack = settlementTypes.get(type);
  if (moneyBack) return readMoneyBack(envelope, data.object, moneyBack);
  if (!purchaseTypes.has(type)) return { verdict: 'ignored', envelope, reason: 'type_not_acted_on' };
  return type.startsWith('checkout.')
    ? readCheckout(envelope, data.object)
    : readIntent(envelope, data.object);
}

function readCheckout(envelope: Envelope, object: unknown): EventReading {
  const checked = checkoutSchema.safeParse(object);
  if (!checked.success)
    return { verdict: 'quarantined', envelope, reason: `shape: ${pathOf(checked.error)}` };
  const session = checked.data;
  if (session.livemode !== envelope.livemode)
    return { verdict: 'quarantined', envelope, reason: 'shape: livemode' };
  if (session.mode !== 'payment') return { verdict: 'ignored', envelope, reason: 'not_a_purchase' };
  // What costs nothing is `no_payment_required` today and was `paid` in earlier versions of the API.
  const free = session.payment_status !== 'unpaid' && session.amount_total === 0;
  const paid = session.payment_status === 'paid' || free;
  const paymentIntentId = session.payment_intent;
  // Whether it was free is told by the sum alone; without one it would be guessed.
  if (!paymentIntentId && (session.amount_total ?? null) === null)
    return { verdict: 'quarantined', envelope, reason: 'shape: amount_total' };
  if (!paymentIntentId && !free) {
    // Without an intent only a free purchase has a key; a paid session without one is a shape we do not know.
    return paid
      ? { verdict: 'quarantined', envelope, reason: 'shape: payment_intent' }
      : { verdict: 'ignored', envelope, reason: 'unpaid_without_intent' };
  }
  const news = {
    paymentKey: paymentIntentId ?? session.id,
    paymentIntentId,
    checkoutSessionId: session.id,
    paid,
  };
  return { verdict: 'purchase', envelope, news };
}

function readIntent(envelope: Envelope, object: unknown): EventReading {
  const checked = intentSchema.safeParse(object);
  if (!checked.success)
    return { verdict: 'quarantined', envelope, reason: `shape: ${pathOf(checked.error)}` };
  const intent = checked.data;
  if (intent.livemode !== envelope.livemode)
    return { verdict: 'quarantined', envelope, reason: 'shape: livemode' };
  if (intent.status !== 'succeeded') return { verdict: 'quarantined', envelope, reason: 'shape: status' };
  const news = { paymentKey: intent.id, paymentIntentId: intent.id, checkoutSessionId: null, paid: true };
  return { verdict: 'purchase', envelope, news };
}

function readMoneyBack(envelope: Envelope, object: unknown, expected: string): EventReading {
  const checked = moneyBackSchema.safeParse(object);
  if (!checked.success)
    return { verdict: 'quarantined', envelope, reason: `shape: ${pathOf(checked.error)}` };
  const { object: name, payment_intent: paymentIntentId, livemode } = checked.data;
  if (name !== expected) return { verdict: 'quarantined', envelope, reason: 'shape: object' };
  if (livemode !== undefined && livemode !== envelope.livemode)
    return { verdict: 'quarantined', envelope, reason: 'shape: livemode' };
  // A charge that no intent made is none of ours: every purchase has one, or costs nothing.
  if (paymentIntentId === null) return { verdict: 'ignored', envelope, reason: 'without_intent' };
  return { verdict: 'settlement', envelope, paymentIntentId };
}

/** Keeps what can still be told about content that is no event of ours, so that a human finds it. */
function unlikeAnEvent(parsed: unknown, error: z.ZodError): EventReading {
  const { id, type, object, data } = (parsed ?? {}) as Record<string, unknown>;
  const envelope = {
    ...(typeof type === 'string' && eventType.test(type) ? { type } : {}),
    ...(data === undefined ? {} : { data }),
  };
  if (typeof id !== 'string' || !eventId.test(id))
    return { verdict: 'quarantined', envelope, reason: `envelope: ${pathOf(error)}` };
  // A thin event names its object and does not carry it; we subscribe to snapshots only.
  if (object === 'v2.core.event')
    return { verdict: 'ignored', envelope: { ...envelope, id }, reason: 'thin_event' };
  return { verdict: 'quarantined', envelope: { ...envelope, id }, reason: `envelope: ${pathOf(error)}` };
}

const pathOf = (error: z.ZodError) => error.issues[0]?.path.map(String).join('.').slice(0, 200) || 'root';

/** Depth of brackets outside strings, without parsing: JSON.parse would survive, but what walks the result may not. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

/** NUL and lone surrogates: Postgres refuses both in text and jsonb. */
function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed();
  if (Array.isArray(value)) return value.some(hasUnstorableText);
  if (value && typeof value === 'object') {
    return Object.entries(value).some(([key, inner]) => hasUnstorableText(key) || hasUnstorableText(inner));
  }
  return false;
}
