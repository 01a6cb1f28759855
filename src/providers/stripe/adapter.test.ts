import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../domain/fault.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { stripeError, stripeIntent, stripeLine, stripeSession } from '../../../test/vendors/stripeObjects.ts';
import { createStripePayments } from './adapter.ts';
import type { StripePayments } from './adapter.ts';

let server: FaultHttp;
let payments: StripePayments;
/** The same, for tests in which the deadline passes. */
let impatient: StripePayments;
const never = new AbortController().signal;
const secretKey = 'sk_test_secret';

beforeAll(async () => {
  server = await startFaultHttp();
  const options = { secretKey, baseUrl: server.url, answerBytesMax: 100_000 };
  payments = createStripePayments({ ...options, timeoutMs: 5_000 });
  impatient = createStripePayments({ ...options, timeoutMs: 100 });
});
afterEach(() => server.reset());
afterAll(() => server.stop());

const json = (body: unknown, status = 200): HttpBehaviour => ({ mode: 'answer', status, json: body });
const faultOf = (asking: Promise<unknown>): Promise<Fault> =>
  asking.then(
    () => expect.fail('nothing was thrown'),
    (thrown: Fault) => thrown,
  );

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
    server.script(json(stripeSession()), json(stripeSession()));
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
    expect(server.requests.map((request) => request.query.get('starting_after'))).toEqual([null, 'li_10', 'li_20']);
  });

  it('gives up on a list that never ends', async () => {
    server.otherwise(() => json({ data: [stripeLine(2)], has_more: true }));
    server.script(json(stripeSession({ line_items: { data: [stripeLine(1)], has_more: true } })));
    expect(await faultOf(payments.readCheckout('cs_test_1', never))).toMatchObject({ reason: 'stripe_shape' });
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
    const taxes = [5, 3].map((percentage) => ({ amount: 1, rate: { percentage, effective_percentage: null } }));
    server.script(
      json(stripeSession({ line_items: { data: [stripeLine(1, { taxes }), stripeLine(2, { taxes: [taxes[1]] })], has_more: false } })),
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
    expect(await payments.readCheckout('cs_test_1', never)).toMatchObject({ currency: 'xxx', total: 0, lines: [] });
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
    [{ line_items: { data: [stripeLine(1, { amount_tax: 1e20 })], has_more: false } }, 'line_items.data.amount_tax'],
  ])('needs a human when a session has %o', async (fields, at) => {
    server.script(json(stripeSession(fields)));
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'stripe_shape' });
    expect(fault.message).toBe(`Stripe’s answer does not have the expected shape at ${at}.`);
  });
});

describe('when Stripe’s API is in trouble', () => {
  it.each<[HttpBehaviour, object]>([
    [json(stripeError(null), 400), { kind: 'permanent', reason: 'stripe_request_refused' }],
    [json(stripeError(null), 401), { kind: 'needs_human', reason: 'stripe_credentials' }],
    [json(stripeError(null), 403), { kind: 'needs_human', reason: 'stripe_credentials' }],
    [json(stripeError(null), 404), { kind: 'permanent', reason: 'stripe_request_refused' }],
    [json(stripeError('lock_timeout'), 409), { kind: 'transient', reason: 'stripe_conflict' }],
    [json(stripeError(null), 500), { kind: 'transient', reason: 'stripe_unavailable' }],
    [json({}, 500), { kind: 'transient', reason: 'stripe_unavailable' }],
    [{ mode: 'answer', status: 502, text: '<html>' }, { kind: 'transient', reason: 'stripe_unavailable' }],
    [{ mode: 'answer', status: 200, text: '<html>' }, { kind: 'transient', reason: 'stripe_unreadable' }],
    [{ mode: 'answer', status: 200, text: '{"id": "cs_' }, { kind: 'transient', reason: 'stripe_unreadable' }],
    [json({}), { kind: 'needs_human', reason: 'stripe_shape' }],
    [json(null), { kind: 'transient', reason: 'stripe_unreadable' }],
    [json([]), { kind: 'needs_human', reason: 'stripe_shape' }],
    [{ mode: 'reset' }, { kind: 'transient', reason: 'stripe_unreachable' }],
    [{ mode: 'garbage' }, { kind: 'transient', reason: 'stripe_unreachable' }],
    [{ mode: 'redirect', to: 'http://127.0.0.1:1/' }, { kind: 'needs_human', reason: 'stripe_shape' }],
    [{ mode: 'huge', sizeBytes: 100_001 }, { kind: 'needs_human', reason: 'stripe_shape' }],
  ])('%o is asked once and becomes %o', async (behaviour, expected) => {
    server.script(behaviour);
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(fault).toMatchObject({ name: 'Fault', provider: 'stripe', ...expected });
    expect(server.requests).toHaveLength(1);
  });

  it.each<HttpBehaviour>([{ mode: 'hang' }, { mode: 'stall' }])('ends at the deadline at %o', async (behaviour) => {
    server.script(behaviour);
    expect(await faultOf(impatient.readCheckout('cs_test_1', never))).toMatchObject({
      kind: 'transient',
      reason: 'stripe_timeout',
    });
  });

  it('waits as long as Stripe asks, and quotes the request', async () => {
    server.script({
      mode: 'answer',
      status: 429,
      headers: { 'retry-after': '7', 'request-id': 'req_7', 'stripe-should-retry': 'true' },
      json: stripeError('rate_limit'),
    });
    expect(await faultOf(payments.readCheckout('cs_test_1', never))).toMatchObject({
      kind: 'rate_limited',
      retryAfterMs: 7_000,
      providerRequestId: 'req_7',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('stops at once when called off', async () => {
    server.script({ mode: 'hang' });
    const caller = new AbortController();
    const asking = faultOf(payments.readCheckout('cs_test_1', caller.signal));
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await asking).toMatchObject({ kind: 'transient', reason: 'aborted' });
  });

  it('does not ask at all when called off before', async () => {
    expect(await faultOf(payments.readCheckout('cs_test_1', AbortSignal.abort()))).toMatchObject({ reason: 'aborted' });
    expect(server.requests).toHaveLength(0);
  });

  it('keeps one deadline for all pages together', async () => {
    server.otherwise(() => ({ mode: 'hang' }));
    server.script(json(stripeSession({ line_items: { data: [stripeLine(1)], has_more: true } })));
    const startedMs = performance.now();
    expect(await faultOf(impatient.readCheckout('cs_test_1', never))).toMatchObject({ reason: 'stripe_timeout' });
    expect(performance.now() - startedMs).toBeLessThan(190);
  });

  it('keeps the key and Stripe’s own words out of the fault', async () => {
    server.script(json(stripeError(null, `Invalid API Key provided: ${secretKey} for jan@example.pl`), 401));
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(JSON.stringify([fault, fault.message, String(fault.cause)])).not.toMatch(/secret|jan@/);
  });
});

describe('a PaymentIntent', () => {
  it('leads to its checkout', async () => {
    server.script(json({ data: [{ id: 'cs_test_1' }], has_more: false }), json(stripeSession()));
    const purchase = await payments.findCheckoutOfIntent('pi_1', never);
    expect(purchase?.sessionId).toBe('cs_test_1');
    expect(server.requests[0]?.query.get('payment_intent')).toBe('pi_1');
  });

  it('may have no checkout', async () => {
    server.script(json({ data: [], has_more: false }));
    expect(await payments.findCheckoutOfIntent('pi_1', never)).toBeUndefined();
    server.script(json(stripeError('resource_missing'), 400));
    expect(await payments.findCheckoutOfIntent('pi_unknown', never)).toBeUndefined();
  });

  it('tells who paid how much and when', async () => {
    server.script(json(stripeIntent()));
    expect(await payments.readIntent('pi_1', never)).toEqual({
      paymentIntentId: 'pi_1',
      livemode: false,
      status: 'succeeded',
      currency: 'pln',
      amountReceived: 4900,
      metadata: { order: '7' },
      buyer: { email: 'jan@example.pl', name: 'Jan Kowalski', company: null, taxIds: [], address: null, locale: null },
      createdAt: new Date('2023-11-14T22:13:20Z'),
      paidAt: new Date('2023-11-14T22:14:20Z'),
    });
  });

  it('was paid when it was made if no charge says better, and prefers its own address', async () => {
    server.script(json(stripeIntent({ latest_charge: null, receipt_email: 'ola@example.pl' })));
    const intent = await payments.readIntent('pi_1', never);
    expect(intent?.paidAt).toEqual(intent?.createdAt);
    expect(intent?.buyer.email).toBe('ola@example.pl');
  });

  it('is undefined when Stripe has no such intent', async () => {
    server.script(json(stripeError('resource_missing'), 404));
    expect(await payments.readIntent('pi_404', never)).toBeUndefined();
  });

  it.each<[HttpBehaviour, boolean]>([
    [json({ data: [{ id: 'inpay_1' }], has_more: false }), true],
    [json({ data: [], has_more: false }), false],
    [json(stripeError(null, 'Unrecognized request URL'), 404), false],
    [json(stripeError('resource_missing'), 400), false],
  ])('at %o pays an invoice: %s', async (behaviour, expected) => {
    server.script(behaviour);
    expect(await payments.paysInvoice('pi_1', never)).toBe(expected);
    const { query, path } = server.requests[0] ?? {};
    expect([path, query?.get('payment[type]'), query?.get('payment[payment_intent]')]).toEqual([
      '/v1/invoice_payments',
      'payment_intent',
      'pi_1',
    ]);
  });

  it('does not pass for uninvoiced while Stripe is down', async () => {
    server.script(json(stripeError(null), 503));
    expect(await faultOf(payments.paysInvoice('pi_1', never))).toMatchObject({ kind: 'transient' });
  });
});

describe('looking up the account', () => {
  it.each<[HttpBehaviour, string]>([
    [json({ data: [{ receipt_number: null }, { receipt_number: '1234-5678' }] }), 'yes'],
    [json({ data: [{ receipt_number: null }] }), 'unknown'],
    [json(stripeError(null), 403), 'unknown'],
  ])('at charges %o says that Stripe mails receipts: %s', async (charges, mailsReceipts) => {
    server.script(json({ id: 'acct_1', object: 'account' }), charges);
    expect(await payments.lookUpAccount(never)).toEqual({ accountId: 'acct_1', livemode: false, mailsReceipts });
  });
});

describe('making the adapter', () => {
  it.each(['http://api.example.com', 'https://user:pw@api.example.com', 'nonsense'])('refuses %s', (baseUrl) => {
    expect(() => createStripePayments({ secretKey, baseUrl, timeoutMs: 100 })).toThrow(TypeError);
  });
});
