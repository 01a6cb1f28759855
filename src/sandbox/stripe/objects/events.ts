import { Stripe } from 'stripe';
import { newId } from './ids.ts';
import type { Payment, PaymentOutcome } from './payment.ts';
import type { EventBody, SessionBody, StripeObject } from './shapes.ts';

/** The version the official SDK pins; events are rendered in it. */
export const apiVersion: string = Stripe.API_VERSION;

/** The API request that caused an event; both are null when a buyer caused it at the hosted page. */
export type EventOrigin = Stripe.Event.Request;

export const noRequest: EventOrigin = { id: null, idempotency_key: null };

/** One event with a snapshot of its object. `created` is in whole seconds. */
export function newEvent(
  type: string,
  object: StripeObject,
  occasion: { created: number; origin?: EventOrigin; previous?: object },
): EventBody {
  const { previous } = occasion;
  return {
    id: newId('evt'),
    object: 'event',
    api_version: apiVersion,
    created: occasion.created,
    data: previous ? { object, previous_attributes: previous } : { object },
    livemode: false,
    pending_webhooks: 1,
    request: occasion.origin ?? noRequest,
    type,
  };
}

/** The events of the first attempt to pay, in Stripe's order: created, then what became of charge and intent. */
export function paymentEvents(options: {
  created: number;
  opened: StripeObject | null;
  payment: Payment;
  outcome: PaymentOutcome;
  origin: EventOrigin;
}): EventBody[] {
  const { opened, payment, outcome, created, origin } = options;
  return [
    ...(opened ? [newEvent('payment_intent.created', opened, { created, origin })] : []),
    ...outcomeEvents(payment, outcome, { created, origin }),
  ];
}

/** The events of a payment whose outcome has become known. */
export function outcomeEvents(
  { intent, charge }: Payment,
  outcome: PaymentOutcome,
  occasion: { created: number; origin?: EventOrigin },
): EventBody[] {
  const names = {
    pending: ['charge.pending', 'payment_intent.processing'],
    succeeded: ['charge.succeeded', 'payment_intent.succeeded'],
    failed: ['charge.failed', 'payment_intent.payment_failed'],
  } as const;
  // With asynchronous capture the balance transaction is not known yet when the event is written.
  const snapshot = { ...charge, balance_transaction: null };
  const [ofCharge, ofIntent] = names[outcome];
  return [newEvent(ofCharge, snapshot, occasion), newEvent(ofIntent, intent, occasion)];
}

/** The event of a session the buyer has submitted. */
export function completedEvent(session: SessionBody, created: number): EventBody {
  return newEvent('checkout.session.completed', session, { created });
}

/** The event of a session whose delayed payment has settled. */
export function settledEvent(
  session: SessionBody,
  outcome: 'succeeded' | 'failed',
  created: number,
): EventBody {
  return newEvent(`checkout.session.async_payment_${outcome}`, session, { created });
}
