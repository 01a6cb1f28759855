import { clientSecret, newId } from './ids.ts';
import type { Buyer, ChargeBody, IntentBody, PaymentMethod } from './shapes.ts';

export interface IntentRequest {
  amountMinor: number;
  currency: string;
  created: number;
  description?: string | null;
  metadata?: Record<string, string>;
  receiptEmail?: string | null;
  methodTypes?: string[];
}

/** A payment intent that waits for a payment method. */
export function newIntent(request: IntentRequest): IntentBody {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: request.amountMinor,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: clientSecret(id),
    confirmation_method: 'automatic',
    created: request.created,
    currency: request.currency,
    customer: null,
    customer_account: null,
    description: request.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: { enabled: false },
    metadata: request.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: request.methodTypes ?? ['card', 'blik'],
    payment_record: null,
    processing: null,
    receipt_email: request.receiptEmail ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}

export type PaymentOutcome = 'pending' | 'succeeded' | 'failed';

export interface PaymentStep {
  method: Exclude<PaymentMethod, 'free'>;
  outcome: PaymentOutcome;
  buyer: Buyer;
  created: number;
}

export interface Payment {
  intent: IntentBody;
  charge: ChargeBody;
}

/** An intent with its first charge: paid at once, or pending for a delayed method. */
export function chargeIntent(intent: IntentBody, step: PaymentStep): Payment {
  const paymentMethod = newId('pm');
  const charge = newCharge({ ...intent, payment_method: paymentMethod }, step);
  return settlePayment(
    { intent: { ...intent, payment_method: paymentMethod, latest_charge: charge.id }, charge },
    step.outcome,
  );
}

/** The payment after its outcome is known. A failed one waits for another payment method, as in Stripe. */
export function settlePayment({ intent, charge }: Payment, outcome: PaymentOutcome): Payment {
  if (outcome === 'pending') {
    return { intent: { ...intent, status: 'processing' }, charge: { ...charge, status: 'pending' } };
  }
  if (outcome === 'failed') return declinedPayment({ intent, charge });
  return {
    intent: { ...intent, amount_received: intent.amount, status: 'succeeded' },
    charge: {
      ...charge,
      amount_captured: charge.amount,
      balance_transaction: newId('txn'),
      captured: true,
      outcome: chargeOutcome('authorized'),
      paid: true,
      status: 'succeeded',
    },
  };
}

function declinedPayment({ intent, charge }: Payment): Payment {
  const message = 'The payment was declined by the bank.';
  return {
    intent: {
      ...intent,
      last_payment_error: {
        charge: charge.id,
        code: 'payment_intent_payment_attempt_failed',
        doc_url: 'https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed',
        message,
        type: 'invalid_request_error',
      },
      payment_method: null,
      status: 'requires_payment_method',
    },
    charge: {
      ...charge,
      failure_code: 'payment_intent_payment_attempt_failed',
      failure_message: message,
      outcome: chargeOutcome('issuer_declined'),
      status: 'failed',
    },
  };
}

function chargeOutcome(type: 'authorized' | 'issuer_declined'): NonNullable<ChargeBody['outcome']> {
  const authorized = type === 'authorized';
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: authorized ? 'approved_by_network' : 'declined_by_network',
    reason: authorized ? null : 'generic_decline',
    risk_level: 'normal',
    risk_score: 12,
    seller_message: authorized ? 'Payment complete.' : 'The bank did not return any further details.',
    type,
  };
}

function newCharge(intent: IntentBody, step: PaymentStep): ChargeBody {
  const { buyer } = step;
  return {
    id: newId(step.method === 'card' ? 'ch' : 'py'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: {
      address: buyer.address ?? {
        city: null,
        country: null,
        line1: null,
        line2: null,
        postal_code: null,
        state: null,
      },
      email: buyer.email,
      name: buyer.name,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: step.method === 'card' ? 'SANDBOX BOOKS' : null,
    captured: false,
    created: step.created,
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    payment_method_details: methodDetails(step.method, intent.amount),
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'pending',
    transfer_data: null,
    transfer_group: null,
  };
}

function methodDetails(method: PaymentStep['method'], amountMinor: number): unknown {
  if (method === 'p24') {
    return { p24: { bank: 'mbank', reference: 'P24-000-000-000', verified_name: null }, type: 'p24' };
  }
  if (method === 'sepa_debit') {
    return {
      sepa_debit: {
        bank_code: '37040044',
        branch_code: null,
        country: 'DE',
        fingerprint: 'ygEJfUjzWMGyWnZg',
        last4: '3000',
        mandate: newId('mandate'),
      },
      type: 'sepa_debit',
    };
  }
  if (method !== 'card') return { blik: { buyer_id: null }, type: 'blik' };
  return {
    card: {
      amount_authorized: amountMinor,
      authorization_code: '123456',
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'PL',
      electronic_commerce_indicator: null,
      exp_month: 12,
      exp_year: 2034,
      extended_authorization: { status: 'disabled' },
      fingerprint: 'AOB934RVNwzk6xtn',
      funding: 'credit',
      incremental_authorization: { status: 'unavailable' },
      installments: null,
      last4: '4242',
      mandate: null,
      multicapture: { status: 'unavailable' },
      network: 'visa',
      network_token: { used: false },
      network_transaction_id: '334116982001025',
      overcapture: { maximum_amount_capturable: amountMinor, status: 'unavailable' },
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type: 'card',
  };
}
