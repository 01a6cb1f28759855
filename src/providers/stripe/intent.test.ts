import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { stripeError, stripeIntent, stripeSession } from '../../../test/vendors/stripeObjects.ts';
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
      buyer: {
        email: 'jan@example.pl',
        name: 'Jan Kowalski',
        company: null,
        taxIds: [],
        address: null,
        locale: null,
      },
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
    expect(await payments.lookUpAccount(never)).toEqual({
      accountId: 'acct_1',
      livemode: false,
      mailsReceipts,
    });
  });
});

describe('making the adapter', () => {
  it.each(['http://api.example.com', 'https://user:pw@api.example.com', 'nonsense'])(
    'refuses %s',
    (baseUrl) => {
      expect(() => createStripePayments({ secretKey, baseUrl, timeoutMs: 100 })).toThrow(TypeError);
    },
  );
});
