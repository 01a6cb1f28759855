import type { PostalAddress, TaxId } from '../domain/order.ts';
import type { Dispute, RefundStatus } from '../domain/refunds.ts';

/** A line of a purchase as the payment provider tells it. Amounts in minor units. */
export interface PurchaseLine {
  priceId: string | null;
  providerProductId: string | null;
  description: string | null;
  quantity: number;
  /** The price's own unit amount, before discounts; null for prices with tiers or decimals. */
  unitAmount: number | null;
  subtotal: number;
  discount: number;
  tax: number;
  /** The rate, when one rate applies and the provider tells it. */
  taxPercent: number | null;
  total: number;
}

/** A Checkout Session with all its lines, read from the provider's API and checked against a schema. */
export interface CheckoutPurchase {
  sessionId: string;
  paymentIntentId: string | null;
  livemode: boolean;
  mode: 'payment' | 'setup' | 'subscription';
  status: 'open' | 'complete' | 'expired';
  paymentStatus: 'paid' | 'unpaid' | 'no_payment_required';
  currency: string;
  subtotal: number;
  discount: number;
  tax: number;
  shipping: number;
  total: number;
  buyer: PurchaseBuyer;
  lines: PurchaseLine[];
  createdAt: Date;
}

export interface PurchaseBuyer {
  email: string | null;
  name: string | null;
  company: string | null;
  taxIds: TaxId[];
  address: PostalAddress | null;
  /** Language of the checkout page, for example `pl`, `en-GB` or `auto`. */
  locale: string | null;
}

export interface PaymentIntent {
  paymentIntentId: string;
  livemode: boolean;
  status:
    | 'succeeded'
    | 'processing'
    | 'canceled'
    | 'requires_action'
    | 'requires_capture'
    | 'requires_confirmation'
    | 'requires_payment_method';
  currency: string;
  amountReceived: number;
  metadata: Record<string, string>;
  buyer: PurchaseBuyer;
  createdAt: Date;
  /** When the money came in, as far as the provider says; else when the intent was made. */
  paidAt: Date;
}

/** A refund as the provider tells it now. */
export interface ProviderRefund {
  refundId: string;
  /** Minor units of the payment's currency. */
  amount: number;
  status: RefundStatus;
  metadata: Record<string, string>;
  createdAt: Date;
}

/** What the provider says of a payment's money, with all that went back. */
export interface PaymentMoney {
  currency: string;
  /** Nothing, as long as it is not paid. */
  received: number;
  refunds: ProviderRefund[];
  disputes: Dispute[];
}

/** Reading payments. Every failure is a `Fault`; a missing object is `undefined`, not a fault. */
export interface Payments {
  readCheckout(sessionId: string, signal: AbortSignal): Promise<CheckoutPurchase | undefined>;
  /** The Checkout Session that made this intent, if one did. */
  findCheckoutOfIntent(paymentIntentId: string, signal: AbortSignal): Promise<CheckoutPurchase | undefined>;
  readIntent(paymentIntentId: string, signal: AbortSignal): Promise<PaymentIntent | undefined>;
  /** True when the intent pays an invoice (subscriptions, invoicing): such a payment is not ours to fulfil. */
  paysInvoice(paymentIntentId: string, signal: AbortSignal): Promise<boolean>;
  /** Refunds and disputes of an intent, all of them, as they are now. */
  readMoney(paymentIntentId: string, signal: AbortSignal): Promise<PaymentMoney | undefined>;
}
