import type { Stripe } from 'stripe';
import { lineOf, priceLines } from './lineItems.ts';
import type { PricedLines } from './lineItems.ts';
import type { Buyer, ItemBody, SessionBody } from './shapes.ts';

const dayInSeconds = 24 * 60 * 60;

/** What a shop may say about a session when it makes it, beyond its lines. */
export interface SessionRequest {
  cancelUrl?: string;
  clientReferenceId?: string;
  couponId?: string;
  customerEmail?: string;
  /** Settings that change nothing here and are shown again as they were given. */
  echoed?: Partial<SessionBody>;
  expiresAt?: number;
  individualNames?: boolean;
  locale?: string;
  metadata?: Record<string, string>;
  paymentMethodTypes?: string[];
  successUrl: string | null;
  taxIds?: boolean;
}

interface OpenSessionOptions {
  id: string;
  created: number;
  url: string;
  currency: string;
  priced: PricedLines;
  request: SessionRequest;
}

/** A hosted session in mode `payment`, open and unpaid. Its payment intent comes with the payment, as in Stripe. */
export function openSession(options: OpenSessionOptions): SessionBody {
  const { id, created, url, currency, priced, request } = options;
  return {
    ...sessionDefaults(created),
    ...request.echoed,
    id,
    ...sessionAmounts(priced),
    cancel_url: request.cancelUrl ?? null,
    client_reference_id: request.clientReferenceId ?? null,
    currency,
    customer_details:
      request.customerEmail === undefined ? null : customerDetails({ email: request.customerEmail }),
    customer_email: request.customerEmail ?? null,
    discounts: request.couponId === undefined ? [] : [{ coupon: request.couponId, promotion_code: null }],
    expires_at: request.expiresAt ?? created + dayInSeconds,
    locale: request.locale ?? null,
    metadata: request.metadata ?? {},
    ...(request.individualNames && { name_collection: { individual: { enabled: true, optional: true } } }),
    payment_method_types: request.paymentMethodTypes ?? methodTypes(currency),
    payment_status: priced.totalMinor === 0 ? 'no_payment_required' : 'unpaid',
    success_url: request.successUrl,
    tax_id_collection: { enabled: request.taxIds ?? false, required: 'never' },
    url,
  };
}

/** The session after the buyer has submitted it. A session with nothing to pay has no payment intent. */
export function completedSession(
  session: SessionBody,
  buyer: Buyer,
  payment: { intentId: string; paid: boolean } | null,
): SessionBody {
  return {
    ...session,
    collected_information: {
      business_name: buyer.businessName,
      individual_name: buyer.individualName,
      shipping_details: null,
    },
    customer_details: customerDetails(buyer),
    payment_intent: payment?.intentId ?? null,
    payment_status: payment === null ? 'no_payment_required' : payment.paid ? 'paid' : 'unpaid',
    status: 'complete',
    url: null,
  };
}

/** The session with other quantities, by line item id. */
export function withQuantities(
  session: SessionBody,
  items: readonly ItemBody[],
  quantities: Record<string, number>,
): { session: SessionBody; items: ItemBody[] } {
  const lines = items.map((item) => ({ ...lineOf(item), quantity: quantities[item.id] ?? item.quantity }));
  const priced = priceLines(lines, items[0]?.discounts[0]?.discount ?? null);
  return { session: { ...session, ...sessionAmounts(priced) }, items: priced.items };
}

/** The methods that can pay in a currency; the stand-in's BLIK takes all. */
function methodTypes(currency: string): string[] {
  return [
    'card',
    'blik',
    ...(currency === 'pln' || currency === 'eur' ? ['p24'] : []),
    ...(currency === 'eur' ? ['sepa_debit'] : []),
  ];
}

function sessionAmounts(
  priced: PricedLines,
): Pick<SessionBody, 'amount_subtotal' | 'amount_total' | 'total_details'> {
  return {
    amount_subtotal: priced.subtotalMinor,
    amount_total: priced.totalMinor,
    total_details: { amount_discount: priced.discountMinor, amount_shipping: 0, amount_tax: priced.taxMinor },
  };
}

function customerDetails(buyer: Partial<Buyer>): Stripe.Checkout.Session.CustomerDetails {
  return {
    address: buyer.address ?? null,
    business_name: buyer.businessName ?? null,
    email: buyer.email ?? null,
    individual_name: buyer.individualName ?? null,
    name: buyer.name ?? null,
    phone: null,
    tax_exempt: 'none',
    tax_ids: buyer.taxIds ?? [],
  };
}

type SetPerSession =
  | 'id'
  | 'amount_subtotal'
  | 'amount_total'
  | 'currency'
  | 'discounts'
  | 'expires_at'
  | 'payment_method_types'
  | 'payment_status'
  | 'total_details';

function sessionDefaults(created: number): Omit<SessionBody, SetPerSession> {
  return {
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: null,
    client_reference_id: null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: null,
    customer_account: null,
    customer_creation: 'if_required',
    customer_details: null,
    customer_email: null,
    integration_identifier: null,
    invoice: null,
    invoice_creation: {
      enabled: false,
      invoice_data: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: null,
        metadata: {},
        rendering_options: null,
      },
    },
    livemode: false,
    locale: null,
    managed_payments: { enabled: false },
    metadata: {},
    mode: 'payment',
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: {},
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: null,
    ui_mode: 'hosted_page',
    url: null,
    wallet_options: null,
  };
}
