import type { KnownPayment } from '../ports/orders.ts';
import type {
  CheckoutPurchase,
  PaymentIntent,
  Payments,
  PurchaseBuyer,
  PurchaseLine,
} from '../ports/payments.ts';

/** A purchase as Stripe's API tells it, whichever object it was read from. */
export interface Purchase {
  judgedBy: 'checkout_session' | 'payment_intent';
  checkoutSessionId: string | null;
  livemode: boolean;
  currency: string;
  buyer: PurchaseBuyer;
  lines: PurchaseLine[];
  subtotal: number;
  discount: number;
  tax: number;
  total: number;
  paidAt: Date;
  /** What the payment itself brought in. */
  received: { amount: number; currency: string };
}

export type PurchaseReading =
  | { kind: 'found'; purchase: Purchase }
  /** Stripe's API does not (yet) confirm what its webhook said. */
  | { kind: 'not_yet'; reason: string; detail: string }
  | { kind: 'not_ours'; reason: string };

/** Reads a purchase: the session with its lines if there is one, else the intent's own metadata. */
export async function readPurchase(
  known: KnownPayment,
  payments: Payments,
  signal: AbortSignal,
): Promise<PurchaseReading> {
  const { paymentIntentId, checkoutSessionId } = known;
  const [checkout, intent] = await Promise.all([
    checkoutSessionId
      ? payments.readCheckout(checkoutSessionId, signal)
      : paymentIntentId
        ? payments.findCheckoutOfIntent(paymentIntentId, signal)
        : undefined,
    paymentIntentId ? payments.readIntent(paymentIntentId, signal) : undefined,
  ]);
  if (checkoutSessionId && !checkout) return missing('Checkout Session', checkoutSessionId);
  if (paymentIntentId && !intent) return missing('PaymentIntent', paymentIntentId);
  if (intent && intent.status !== 'succeeded') {
    return {
      kind: 'not_yet',
      reason: 'not_paid',
      detail: `Stripe says the PaymentIntent is ${intent.status}.`,
    };
  }
  if (checkout) return fromCheckout(checkout, intent);
  if (!intent) return missing('purchase', 'without ids');
  return fromIntent(intent, payments, signal);
}

const missing = (what: string, id: string): PurchaseReading => ({
  kind: 'not_yet',
  reason: 'stripe_object_missing',
  detail: `Stripe's API does not know the ${what} ${id} that its webhook named.`,
});

function fromCheckout(checkout: CheckoutPurchase, intent: PaymentIntent | undefined): PurchaseReading {
  if (checkout.mode !== 'payment') return { kind: 'not_ours', reason: 'not_a_purchase' };
  const free = checkout.paymentStatus === 'no_payment_required' && checkout.total === 0;
  if (checkout.paymentStatus !== 'paid' && !free) {
    return {
      kind: 'not_yet',
      reason: 'not_paid',
      detail: `Stripe says the Checkout Session is ${checkout.paymentStatus}.`,
    };
  }
  const received = intent
    ? { amount: intent.amountReceived, currency: intent.currency }
    : { amount: checkout.total, currency: checkout.currency };
  return {
    kind: 'found',
    purchase: {
      judgedBy: 'checkout_session',
      checkoutSessionId: checkout.sessionId,
      livemode: checkout.livemode,
      currency: checkout.currency,
      buyer: checkout.buyer,
      lines: checkout.lines,
      subtotal: checkout.subtotal,
      discount: checkout.discount,
      tax: checkout.tax,
      total: checkout.total,
      paidAt: intent?.paidAt ?? checkout.createdAt,
      received,
    },
  };
}

/** Metadata key in which a shop names lines, of an intent without Checkout or of a refund: `price_A:1,price_B:2`. */
export const linesKey = 'fulfillment_lines';
const linesPattern = /^price_[A-Za-z0-9_]{1,250}:[1-9]\d{0,3}(,price_[A-Za-z0-9_]{1,250}:[1-9]\d{0,3})*$/;

/** Prices and quantities as they are named; undefined where the text names none. */
export function namedPrices(named: string): Array<{ priceId: string; quantity: number }> | undefined {
  if (!linesPattern.test(named)) return undefined;
  return named.split(',').map((part) => {
    const [priceId = '', quantity = '1'] = part.split(':');
    return { priceId, quantity: Number(quantity) };
  });
}

/**
 * An intent that no Checkout Session made. Its metadata says what was bought and is trusted for nothing else: prices
 * come from the catalogue (the caller fills them in), and the sum must be what was paid.
 */
async function fromIntent(
  intent: PaymentIntent,
  payments: Payments,
  signal: AbortSignal,
): Promise<PurchaseReading> {
  const named = intent.metadata[linesKey];
  if (await payments.paysInvoice(intent.paymentIntentId, signal)) {
    return { kind: 'not_ours', reason: 'pays_an_invoice' };
  }
  const prices = named === undefined ? undefined : namedPrices(named);
  if (!prices) {
    return {
      kind: 'not_yet',
      reason: 'unknown_product',
      detail: `The PaymentIntent has no Checkout Session, and no usable ${linesKey} in its metadata.`,
    };
  }
  const lines = prices.map(({ priceId, quantity }) => emptyLine(priceId, quantity));
  return {
    kind: 'found',
    purchase: {
      judgedBy: 'payment_intent',
      checkoutSessionId: null,
      livemode: intent.livemode,
      currency: intent.currency,
      buyer: { ...intent.buyer, locale: intent.metadata['fulfillment_locale'] ?? intent.buyer.locale },
      lines,
      subtotal: 0,
      discount: 0,
      tax: 0,
      total: 0,
      paidAt: intent.paidAt,
      received: { amount: intent.amountReceived, currency: intent.currency },
    },
  };
}

const emptyLine = (priceId: string, quantity: number): PurchaseLine => ({
  priceId,
  providerProductId: null,
  description: null,
  quantity,
  unitAmount: null,
  subtotal: 0,
  discount: 0,
  tax: 0,
  taxPercent: null,
  total: 0,
});
