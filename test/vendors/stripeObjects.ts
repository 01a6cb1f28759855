/** Stripe's objects as its API sends them, with no more fields than an adapter may rely on. */
type Fields = Record<string, unknown>;

export function stripeLine(number: number, fields: Fields = {}): Fields {
  return {
    id: `li_${number}`,
    object: 'item',
    amount_discount: 0,
    amount_subtotal: 4900,
    amount_tax: 233,
    amount_total: 4900,
    currency: 'pln',
    description: `Book ${number}`,
    price: { id: `price_${number}`, object: 'price', product: `prod_${number}`, unit_amount: 4900 },
    quantity: 1,
    taxes: [{ amount: 233, rate: { id: 'txr_1', percentage: 5, effective_percentage: 5 } }],
    ...fields,
  };
}

export function stripeSession(fields: Fields = {}): Fields {
  return {
    id: 'cs_test_1',
    object: 'checkout.session',
    amount_subtotal: 4900,
    amount_total: 4900,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    created: 1_700_000_000,
    currency: 'pln',
    customer_details: {
      address: {
        city: 'Łódź',
        country: 'PL',
        line1: 'Piotrkowska 1',
        line2: null,
        postal_code: '90-001',
        state: '',
      },
      business_name: 'Żółw sp. z o.o.',
      email: 'jan@example.pl',
      individual_name: null,
      name: 'Jan Kowalski',
      phone: null,
      tax_exempt: 'none',
      tax_ids: [
        { type: 'eu_vat', value: 'PL1234567890' },
        { type: 'unknown', value: null },
      ],
    },
    customer_email: null,
    line_items: { object: 'list', data: [stripeLine(1)], has_more: false, url: '/v1/…' },
    livemode: false,
    locale: 'pl',
    metadata: {},
    mode: 'payment',
    payment_intent: 'pi_1',
    payment_status: 'paid',
    status: 'complete',
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 233 },
    ...fields,
  };
}

export function stripeIntent(fields: Fields = {}): Fields {
  return {
    id: 'pi_1',
    object: 'payment_intent',
    amount: 4900,
    amount_received: 4900,
    created: 1_700_000_000,
    currency: 'pln',
    latest_charge: {
      id: 'ch_1',
      object: 'charge',
      billing_details: { address: null, email: 'jan@example.pl', name: 'Jan Kowalski', phone: null },
      created: 1_700_000_060,
    },
    livemode: false,
    metadata: { order: '7' },
    receipt_email: null,
    status: 'succeeded',
    ...fields,
  };
}

export const stripeRefund = (number: number, fields: Fields = {}): Fields => ({
  id: `re_${number}`,
  object: 'refund',
  amount: 1_000,
  balance_transaction: null,
  charge: 'ch_1',
  created: 1_700_000_000 + number,
  currency: 'pln',
  metadata: {},
  payment_intent: 'pi_1',
  reason: null,
  status: 'succeeded',
  ...fields,
});

export const stripeDispute = (fields: Fields = {}): Fields => ({
  id: 'du_1',
  object: 'dispute',
  amount: 4900,
  charge: 'ch_1',
  created: 1_700_000_000,
  currency: 'pln',
  livemode: false,
  payment_intent: 'pi_1',
  reason: 'fraudulent',
  status: 'needs_response',
  ...fields,
});

export const stripeError = (code: string | null, message = 'No.'): Fields => ({
  error: { type: 'invalid_request_error', message, ...(code && { code }) },
});
