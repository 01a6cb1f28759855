import type { Stripe } from 'stripe';

/**
 * Objects as they travel and are stored: the SDK's own types, so that the compiler notices a missing field,
 * with references as ids and decimals as strings.
 */
export interface StripeObject {
  id: string;
  object: string;
}

export type PriceBody = Omit<Stripe.Price, 'product' | 'unit_amount' | 'unit_amount_decimal'> & {
  product: string;
  unit_amount: number;
  unit_amount_decimal: string;
};

export type ItemBody = Omit<Stripe.LineItem, 'price' | 'quantity' | 'taxes' | 'discounts'> & {
  price: PriceBody;
  quantity: number;
  taxes: Stripe.LineItem.Tax[];
  discounts: Stripe.LineItem.Discount[];
};

export type SessionBody = Omit<
  Stripe.Checkout.Session,
  | 'amount_subtotal'
  | 'amount_total'
  | 'currency'
  | 'line_items'
  | 'metadata'
  | 'payment_intent'
  | 'total_details'
> & {
  amount_subtotal: number;
  amount_total: number;
  currency: string;
  metadata: Record<string, string>;
  payment_intent: string | null;
  total_details: Stripe.Checkout.Session.TotalDetails;
};

export type IntentBody = Omit<Stripe.PaymentIntent, 'latest_charge' | 'payment_method'> & {
  latest_charge: string | null;
  payment_method: string | null;
};

export type ChargeBody = Omit<
  Stripe.Charge,
  'payment_intent' | 'balance_transaction' | 'payment_method_details'
> & {
  balance_transaction: string | null;
  payment_intent: string;
  payment_method_details: unknown;
};

export type RefundBody = Omit<
  Stripe.Refund,
  'balance_transaction' | 'charge' | 'metadata' | 'payment_intent' | 'payment_method' | 'status'
> & {
  balance_transaction: string | null;
  charge: string;
  metadata: Record<string, string>;
  payment_intent: string;
  payment_method: string | null;
  status: RefundStatus;
};

export type RefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

export type DisputeBody = Omit<
  Stripe.Dispute,
  'balance_transactions' | 'charge' | 'metadata' | 'payment_intent' | 'status'
> & {
  balance_transactions: object[];
  charge: string;
  metadata: Record<string, string>;
  payment_intent: string;
  status: DisputeStatus;
};

export const disputeStatuses = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
  'prevented',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

export interface EventBody {
  id: string;
  object: 'event';
  api_version: string | null;
  created: number;
  data: { object: StripeObject; previous_attributes?: object };
  livemode: boolean;
  pending_webhooks: number;
  request: Stripe.Event.Request;
  type: string;
}

/** The tax identifier, address and names a buyer gives at checkout. */
export interface Buyer {
  email: string | null;
  name: string | null;
  businessName: string | null;
  individualName: string | null;
  address: Stripe.Address | null;
  taxIds: Stripe.Checkout.Session.CustomerDetails.TaxId[];
}

/** How a purchase is paid. `card` and `blik` settle at once, the others after the session has completed. */
export type PaymentMethod = 'card' | 'blik' | 'blik_delayed' | 'p24' | 'sepa_debit' | 'free';
