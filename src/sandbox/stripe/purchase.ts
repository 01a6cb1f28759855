import { randomUUID } from 'node:crypto';
import { completedEvent, outcomeEvents, paymentEvents, settledEvent } from './objects/events.ts';
import { newId } from './objects/ids.ts';
import { StripeApiError } from './wire/errors.ts';
import type { NewObject } from './objectStore.ts';
import { chargeIntent, newIntent, settlePayment } from './objects/payment.ts';
import type { Payment } from './objects/payment.ts';
import { completedSession } from './objects/session.ts';
import type { Buyer, EventBody, IntentBody, PaymentMethod, SessionBody } from './objects/shapes.ts';

/** What a shop wants on the payment intent of a session. */
export interface IntentData {
  description?: string;
  metadata?: Record<string, string>;
  receiptEmail?: string;
}

/** What has changed, and the events that tell of it, in Stripe's order. */
export interface Change {
  session: SessionBody;
  intent: IntentBody | null;
  objects: NewObject[];
  events: EventBody[];
}

/**
 * The buyer submits a session: it completes, and its payment is made. With nothing to pay there is no intent and one
 * event only; with a delayed method the session completes unpaid.
 */
export function submitSession(options: {
  session: SessionBody;
  buyer: Buyer;
  method: PaymentMethod;
  created: number;
  intentData: IntentData;
}): Change {
  const { session, buyer, method, created, intentData } = options;
  if (session.amount_total === 0 || method === 'free') {
    const completed = completedSession(session, buyer, null);
    return {
      session: completed,
      intent: null,
      objects: [sessionRow(completed)],
      events: [completedEvent(completed, created)],
    };
  }
  assertMethod(session, method);
  const opened = newIntent({
    amountMinor: session.amount_total,
    currency: session.currency,
    created,
    description: intentData.description ?? null,
    metadata: intentData.metadata ?? {},
    receiptEmail: intentData.receiptEmail ?? null,
    methodTypes: session.payment_method_types,
  });
  const outcome = method === 'card' || method === 'blik' ? 'succeeded' : 'pending';
  const payment = chargeIntent(opened, { method, outcome, buyer, created });
  const completed = completedSession(session, buyer, { intentId: opened.id, paid: outcome === 'succeeded' });
  const origin = { id: newId('req'), idempotency_key: randomUUID() };
  return {
    session: completed,
    intent: payment.intent,
    objects: [...paymentRows(payment), sessionRow(completed)],
    events: [
      ...paymentEvents({ created, opened, payment, outcome, origin }),
      completedEvent(completed, created),
    ],
  };
}

function assertMethod(session: SessionBody, method: PaymentMethod): void {
  const type = method === 'blik_delayed' ? 'blik' : method;
  if (session.payment_method_types.includes(type)) return;
  throw new StripeApiError(
    400,
    `The payment method type ${type} cannot pay this Checkout Session: it takes ${session.payment_method_types.join(', ')}.`,
  );
}

/** A delayed payment settles: the intent and the session learn the outcome. */
export function settleSession(options: {
  session: SessionBody;
  payment: Payment;
  outcome: 'succeeded' | 'failed';
  created: number;
}): Change {
  const { outcome, created } = options;
  const payment = settlePayment(options.payment, outcome);
  const session: SessionBody =
    outcome === 'succeeded' ? { ...options.session, payment_status: 'paid' } : options.session;
  return {
    session,
    intent: payment.intent,
    objects: [...paymentRows(payment), sessionRow(session)],
    events: [...outcomeEvents(payment, outcome, { created }), settledEvent(session, outcome, created)],
  };
}

/** An intent and its charge as rows of the store. */
export function paymentRows({ intent, charge }: Payment): NewObject[] {
  return [
    { body: intent, created: intent.created },
    { body: charge, created: charge.created, belongsTo: intent.id },
  ];
}

function sessionRow(session: SessionBody): NewObject {
  return { body: session, created: session.created, belongsTo: session.payment_intent };
}
