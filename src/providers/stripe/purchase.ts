import type { PostalAddress } from '../../domain/order.ts';
import type { CheckoutPurchase, PaymentIntent, PurchaseBuyer, PurchaseLine } from '../../ports/payments.ts';
import type { AddressShape, CheckoutShape, IntentShape, LineItemShape } from './shapes.ts';

/** A field that a payment cannot do without; `at` is its path, for the fault. */
export class MissingField extends Error {
  readonly at: string;

  constructor(at: string) {
    super(`Stripe sent no ${at}.`);
    this.name = 'MissingField';
    this.at = at;
  }
}

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

/**
 * A session in the words of our port. Setup sessions have no money at all: their amounts are 0 and their currency is
 * `xxx` (ISO 4217, "no currency"). Everywhere else a missing amount is refused, not guessed.
 */
export function toPurchase(session: CheckoutShape, lines: LineItemShape[]): CheckoutPurchase {
  const money = session.mode === 'setup' ? noMoney : moneyOf(session);
  return {
    sessionId: session.id,
    paymentIntentId: idOf(session.payment_intent),
    livemode: session.livemode,
    mode: session.mode,
    status: session.status,
    paymentStatus: session.payment_status,
    ...money,
    buyer: buyerOf(session),
    lines: lines.map((line) => toLine(line, session.mode)),
    createdAt: new Date(session.created * 1000),
  };
}

const noMoney = { currency: 'xxx', subtotal: 0, discount: 0, tax: 0, shipping: 0, total: 0 };

function moneyOf(session: CheckoutShape) {
  const details = required(session.total_details, 'total_details');
  return {
    currency: required(session.currency, 'currency'),
    subtotal: required(session.amount_subtotal, 'amount_subtotal'),
    discount: details.amount_discount,
    tax: details.amount_tax,
    shipping: details.amount_shipping ?? 0,
    total: required(session.amount_total, 'amount_total'),
  };
}

/** @throws MissingField */
export function required<Value>(value: Value | null | undefined, at: string): Value {
  if (value === null || value === undefined) throw new MissingField(at);
  return value;
}

function toLine(line: LineItemShape, mode: CheckoutShape['mode']): PurchaseLine {
  return {
    priceId: line.price?.id ?? null,
    providerProductId: idOf(line.price?.product),
    description: line.description ?? null,
    // Metered prices of subscriptions have no quantity; what is bought for good always has one.
    quantity: mode === 'payment' ? required(line.quantity, 'line_items.quantity') : (line.quantity ?? 0),
    unitAmount: line.price?.unit_amount ?? null,
    subtotal: line.amount_subtotal,
    discount: line.amount_discount,
    tax: line.amount_tax,
    taxPercent: taxPercentOf(line),
    total: line.amount_total,
  };
}

/** The rate that was really used, where automatic tax tells it; null when several taxes share a line. */
function taxPercentOf({ taxes }: LineItemShape): number | null {
  const only = taxes?.length === 1 ? taxes[0] : undefined;
  return only ? (only.rate.effective_percentage ?? only.rate.percentage) : null;
}

function buyerOf(session: CheckoutShape): PurchaseBuyer {
  const details = session.customer_details;
  const taxIds = details?.tax_ids ?? [];
  return {
    email: filled(details?.email) ?? filled(session.customer_email),
    name: filled(details?.name) ?? filled(details?.individual_name),
    company: filled(session.collected_information?.business_name) ?? filled(details?.business_name),
    taxIds: taxIds.flatMap(({ type, value }) => (value ? [{ type, value }] : [])),
    address: addressOf(details?.address),
    locale: filled(session.locale),
  };
}

export function toIntent(intent: IntentShape): PaymentIntent {
  const billing = intent.latest_charge?.billing_details;
  return {
    paymentIntentId: intent.id,
    livemode: intent.livemode,
    status: intent.status,
    currency: intent.currency,
    amountReceived: intent.amount_received,
    metadata: intent.metadata ?? {},
    buyer: {
      email: filled(intent.receipt_email) ?? filled(billing?.email),
      name: filled(billing?.name),
      company: null,
      taxIds: [],
      address: addressOf(billing?.address),
      locale: null,
    },
    createdAt: new Date(intent.created * 1000),
    paidAt: new Date((intent.latest_charge?.created ?? intent.created) * 1000),
  };
}

const filled = (text: string | null | undefined): string | null => text?.trim() || null;

/** Stripe sends an address of nothing but nulls when it asked for none. */
function addressOf(address: AddressShape | null | undefined): PostalAddress | null {
  if (!address) return null;
  const parts = {
    line1: filled(address.line1),
    line2: filled(address.line2),
    city: filled(address.city),
    postalCode: filled(address.postal_code),
    state: filled(address.state),
    country: filled(address.country),
  };
  return Object.values(parts).some((part) => part !== null) ? parts : null;
}
