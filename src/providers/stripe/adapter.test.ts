import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { stripeError, stripeLine, stripeSession } from '../../../test/vendors/stripeObjects.ts';
import { createStripePayments } from './adapter.ts';
import type { StripePayments } from './adapter.ts';

let server: FaultHttp;
let payments: StripePayments;
const never = new AbortController().signal;
const secretKey = 'sk_test_secret';

beforeAll(async () => {
  server = await startFaultHttp();
  payments = createStripePayments({ secretKey, baseUrl: server.url, timeoutMs: 5_000 });
});
afterEach(() => server.reset());
afterAll(() => server.stop());

const json = (body: unknown, status = 200): HttpBehaviour => ({ mode: 'answer', status, json: body });

describe('reading a checkout from Stripe', () => {
  it('tells what was bought, by whom and for how much', async () => {
    server.script(json(stripeSession()));
    expect(await payments.readCheckout('cs_test_1', never)).toEqual({
      sessionId: 'cs_test_1',
      paymentIntentId: 'pi_1',
      livemode: false,
      mode: 'payment',
      status: 'complete',
      paymentStatus: 'paid',
      currency: 'pln',
      subtotal: 4900,
      discount: 0,
      tax: 233,
      shipping: 0,
      total: 4900,
      buyer: {
        email: 'jan@example.pl',
        name: 'Jan Kowalski',
        company: 'Żółw sp. z o.o.',
        taxIds: [{ type: 'eu_vat', value: 'PL1234567890' }],
        address: {
          line1: 'Piotrkowska 1',
          line2: null,
          city: 'Łódź',
          postalCode: '90-001',
          state: null,
          country: 'PL',
        },
        locale: 'pl',
      },
      lines: [
        {
          priceId: 'price_1',
          providerProductId: 'prod_1',
          description: 'Book 1',
          quantity: 1,
          unitAmount: 4900,
          subtotal: 4900,
          discount: 0,
          tax: 233,
          taxPercent: 5,
          total: 4900,
        },
      ],
      createdAt: new Date('2023-11-14T22:13:20Z'),
    });
  });

  it('asks once, with the key, a pinned API version and no telemetry', async () => {
    const withId: HttpBehaviour = {
      mode: 'answer',
      headers: { 'request-id': 'req_1' },
      json: stripeSession(),
    };
    server.script(withId, withId);
    await payments.readCheckout('cs_test_1', never);
    await payments.readCheckout('cs_test_1', never);
    expect(server.requests).toHaveLength(2);
    const [, second] = server.requests;
    expect(second?.path).toBe('/v1/checkout/sessions/cs_test_1');
    expect(second?.headers['authorization']).toBe(`Bearer ${secretKey}`);
    expect(second?.headers['stripe-version']).toMatch(/^\d{4}-\d\d-\d\d\.[a-z]+$/);
    expect(second?.headers['x-stripe-client-telemetry']).toBeUndefined();
  });

  it('reads all lines, page by page, in Stripe’s order', async () => {
    const lines = Array.from({ length: 25 }, (_, i) => stripeLine(i + 1));
    server.script(
      json(stripeSession({ line_items: { data: lines.slice(0, 10), has_more: true } })),
      json({ data: lines.slice(10, 20), has_more: true }),
      json({ data: lines.slice(20), has_more: false }),
    );
    const purchase = await payments.readCheckout('cs_test_1', never);
    expect(purchase?.lines.map((line) => line.description)).toEqual(lines.map((line) => line['description']));
    expect(server.requests.map((request) => request.query.get('starting_after'))).toEqual([
      null,
      'li_10',
      'li_20',
    ]);
  });

  it('gives up on a list that never ends', async () => {
    server.otherwise(() => json({ data: [stripeLine(2)], has_more: true }));
    server.script(json(stripeSession({ line_items: { data: [stripeLine(1)], has_more: true } })));
    expect(await faultOf(payments.readCheckout('cs_test_1', never))).toMatchObject({
      reason: 'stripe_shape',
    });
  });

  it.each([
    [{ unit_amount: null }, { unitAmount: null }],
    [{ product: { id: 'prod_expanded' } }, { providerProductId: 'prod_expanded' }],
  ])('understands a price with %o', async (price, expected) => {
    const line = stripeLine(1, { price: { id: 'price_1', product: 'prod_1', unit_amount: 4900, ...price } });
    server.script(json(stripeSession({ line_items: { data: [line], has_more: false } })));
    expect((await payments.readCheckout('cs_test_1', never))?.lines[0]).toMatchObject(expected);
  });

  it('names no tax rate when several taxes share a line', async () => {
    const taxes = [5, 3].map((percentage) => ({
      amount: 1,
      rate: { percentage, effective_percentage: null },
    }));
    server.script(
      json(
        stripeSession({
          line_items: {
            data: [stripeLine(1, { taxes }), stripeLine(2, { taxes: [taxes[1]] })],
            has_more: false,
          },
        }),
      ),
    );
    const purchase = await payments.readCheckout('cs_test_1', never);
    expect(purchase?.lines.map((line) => line.taxPercent)).toEqual([null, 3]);
  });

  it('takes the address of the buyer from the form when there are no details yet', async () => {
    server.script(json(stripeSession({ customer_details: null, customer_email: 'ola@example.pl' })));
    expect((await payments.readCheckout('cs_test_1', never))?.buyer).toEqual({
      email: 'ola@example.pl',
      name: null,
      company: null,
      taxIds: [],
      address: null,
      locale: 'pl',
    });
  });

  it('reads a session that sells nothing', async () => {
    const nothing = { amount_subtotal: null, amount_total: null, currency: null, total_details: null };
    server.script(json(stripeSession({ mode: 'setup', line_items: null, payment_intent: null, ...nothing })));
    expect(await payments.readCheckout('cs_test_1', never)).toMatchObject({
      currency: 'xxx',
      total: 0,
      lines: [],
    });
  });

  it('is undefined when Stripe has no such session', async () => {
    server.script(json(stripeError('resource_missing', 'No such checkout.session'), 404));
    expect(await payments.readCheckout('cs_test_404', never)).toBeUndefined();
  });

  it.each<[Record<string, unknown>, string]>([
    [{ amount_total: null }, 'amount_total'],
    [{ amount_total: 49.5 }, 'amount_total'],
    [{ amount_total: -1 }, 'amount_total'],
    [{ amount_total: '4900' }, 'amount_total'],
    [{ currency: 'PLN' }, 'currency'],
    [{ currency: null }, 'currency'],
    [{ mode: 'gift' }, 'mode'],
    [{ payment_status: 'half' }, 'payment_status'],
    [{ line_items: null }, 'line_items'],
    [{ line_items: { data: [stripeLine(1, { quantity: null })], has_more: false } }, 'line_items.quantity'],
    [
      { line_items: { data: [stripeLine(1, { amount_tax: 1e20 })], has_more: false } },
      'line_items.data.amount_tax',
    ],
  ])('needs a human when a session has %o', async (fields, at) => {
    server.script(json(stripeSession(fields)));
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'stripe_shape' });
    expect(fault.message).toBe(`Stripe’s answer does not have the expected shape at ${at}.`);
  });
});
