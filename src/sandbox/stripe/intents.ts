import { StripeApiError } from './wire/errors.ts';
import { newEvent, noRequest, paymentEvents } from './objects/events.ts';
import type { EventOrigin } from './objects/events.ts';
import { newId } from './objects/ids.ts';
import { getObject } from './objectStore.ts';
import type { Db, NewObject } from './objectStore.ts';
import { chargeIntent, newIntent } from './objects/payment.ts';
import { paymentRows } from './purchase.ts';
import type { EventBody, IntentBody } from './objects/shapes.ts';
import type { Recorder } from './recorder.ts';
import type { WebhookPlan } from './webhooks/webhookPlan.ts';

export interface IntentOrder {
  amountMinor: number;
  currency: string;
  description?: string;
  metadata?: Record<string, string>;
  receiptEmail?: string | null;
}

export interface Intents {
  /** An intent made through the API, not yet paid. */
  create(db: Db, order: IntentOrder, origin: EventOrigin): Promise<IntentBody>;
  /** Pays an intent by card. Needs a transaction. @throws StripeApiError (400) when it is paid already. */
  confirm(db: Db, id: string, origin: EventOrigin): Promise<IntentBody>;
  /** An intent made and paid at once; with `invoice`, it is the payment of that invoice. */
  paid(db: Db, order: PaidIntentOrder): Promise<{ intent: IntentBody; events: EventBody[] }>;
}

export interface PaidIntentOrder extends IntentOrder {
  name?: string | null;
  invoice?: string;
  created?: number;
  webhook?: WebhookPlan;
}

/** Payments without Checkout: what a shop with its own payment form does. */
export function createIntents(context: { record: Recorder; nowSeconds: () => number }): Intents {
  function pay(intent: IntentBody, created: number, payer: { name?: string | null } = {}) {
    return chargeIntent(intent, {
      method: 'card',
      outcome: 'succeeded',
      created,
      buyer: {
        email: intent.receipt_email,
        name: payer.name ?? null,
        businessName: null,
        individualName: null,
        address: null,
        taxIds: [],
      },
    });
  }

  return {
    async create(db, order, origin) {
      const created = context.nowSeconds();
      const intent = newIntent({ ...order, created });
      const event = newEvent('payment_intent.created', intent, { created, origin });
      await context.record(db, { objects: [{ body: intent, created }], events: [event] });
      return intent;
    },

    async confirm(db, id, origin) {
      const intent = await getObject<IntentBody>(db, {
        type: 'payment_intent',
        id,
        param: 'intent',
        lock: true,
      });
      if (intent.status !== 'requires_payment_method') {
        throw new StripeApiError(
          400,
          `You cannot confirm this PaymentIntent because it has already ${intent.status} after being previously confirmed.`,
          { code: 'payment_intent_unexpected_state' },
        );
      }
      const created = context.nowSeconds();
      const payment = pay(intent, created);
      const events = paymentEvents({ created, opened: null, payment, outcome: 'succeeded', origin });
      await context.record(db, { objects: paymentRows(payment), events });
      return payment.intent;
    },

    async paid(db, order) {
      const created = order.created ?? context.nowSeconds();
      const opened = newIntent({ ...order, created });
      const payment = pay(opened, created, order);
      const events = paymentEvents({ created, opened, payment, outcome: 'succeeded', origin: noRequest });
      const objects = [...paymentRows(payment), ...invoicePaymentRows(payment.intent, order.invoice)];
      await context.record(db, { objects, events, webhook: order.webhook });
      return { intent: payment.intent, events };
    },
  };
}

function invoicePaymentRows(intent: IntentBody, invoice: string | undefined): NewObject[] {
  if (invoice === undefined) return [];
  const body = {
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: intent.amount,
    amount_requested: intent.amount,
    created: intent.created,
    currency: intent.currency,
    invoice,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: intent.created },
  };
  return [{ body, created: intent.created, belongsTo: intent.id }];
}
