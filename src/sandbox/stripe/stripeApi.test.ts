import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createTestBench, errorOf, testKey } from './testBench.ts';
import type { TestBench } from './testBench.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

const cart = {
  mode: 'payment',
  success_url: 'https://shop.example/thanks?id={CHECKOUT_SESSION_ID}',
} as const;

describe('checkout sessions', () => {
  it('are created open and unpaid with the money of their lines', async () => {
    const session = await bench.stripe.checkout.sessions.create({
      ...cart,
      line_items: [
        { price: 'price_tides_eur', quantity: 2 },
        { price: 'price_code_eur', quantity: 1 },
      ],
      customer_email: 'ada+ebooks@example.com',
      locale: 'pl',
      metadata: { campaign: 'spring & summer', ą: '=%' },
      payment_intent_data: { metadata: { order: '7' } },
    });
    expect(session).toMatchObject({
      object: 'checkout.session',
      amount_subtotal: 4501,
      amount_total: 4501,
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 114 + 393 },
      currency: 'eur',
      customer_email: 'ada+ebooks@example.com',
      locale: 'pl',
      metadata: { campaign: 'spring & summer', ą: '=%' },
      payment_intent: null,
      payment_status: 'unpaid',
      status: 'open',
      url: `${bench.sandbox.baseUrl}/c/pay/${session.id}`,
    });
    expect(session.id).toMatch(/^cs_test_a1[0-9A-Za-z]{56}$/);
    expect(session.line_items).toBeUndefined();
    expect(session.lastResponse.apiVersion).toBe(Stripe.API_VERSION);
    expect(session.lastResponse.requestId).toMatch(/^req_/);
  });

  it('page through all their line items in the order of the cart', async () => {
    const names = Array.from({ length: 23 }, (_, i) => `Book ${i}`);
    const session = await bench.stripe.checkout.sessions.create({
      ...cart,
      line_items: names.map((name, i) => ({
        price_data: { currency: 'eur', unit_amount: 100 + i, product_data: { name } },
        quantity: 1,
      })),
    });
    const items = await bench.stripe.checkout.sessions
      .listLineItems(session.id, { limit: 10 })
      .autoPagingToArray({
        limit: 100,
      });
    expect(items.map((item) => item.description)).toEqual(names);
    expect(items[3]).toMatchObject({
      object: 'item',
      amount_total: 103,
      price: { unit_amount: 103, tax_behavior: 'inclusive' },
    });
    expect(String(items[3]?.price?.unit_amount_decimal)).toBe('103');
    const first = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items'] });
    expect(first.line_items).toMatchObject({ has_more: true, data: { length: 10 } });
  });

  it('show taxes and products of their lines when asked to', async () => {
    const { session } = await bench.buy({ lines: [{ slug: 'tides' }, { slug: 'code', quantity: 2 }] });
    const plain = await bench.stripe.checkout.sessions.listLineItems(session.id);
    expect(plain.data[0]).not.toHaveProperty('taxes');
    const full = await bench.stripe.checkout.sessions.retrieve(session.id, {
      expand: ['line_items.data.taxes', 'line_items.data.price.product', 'payment_intent.latest_charge'],
    });
    expect(full.line_items?.data[1]).toMatchObject({
      amount_tax: 786,
      taxes: [{ amount: 786, rate: { percentage: 23, inclusive: true }, taxable_amount: 4202 - 786 }],
      price: { product: { id: 'prod_code', name: 'Quiet Code', metadata: { slug: 'code' } } },
    });
    expect(full.payment_intent).toMatchObject({
      object: 'payment_intent',
      status: 'succeeded',
      latest_charge: {
        object: 'charge',
        paid: true,
        billing_details: { email: 'ada@example.com', name: 'Ada' },
      },
    });
    expect(
      (await errorOf(bench.stripe.checkout.sessions.retrieve(session.id, { expand: ['nonsense'] }))).message,
    ).toMatch(/cannot be expanded \(nonsense\)/);
  });

  it('are found by their payment intent', async () => {
    const { session } = await bench.buy();
    const intent = String(session.payment_intent);
    const found = await bench.stripe.checkout.sessions.list({ payment_intent: intent, limit: 1 });
    expect(found.data.map(({ id }) => id)).toEqual([session.id]);
    const charges = await bench.stripe.charges.list({ payment_intent: intent });
    expect(charges.data).toMatchObject([{ payment_intent: intent, amount: 1200, captured: true }]);
    const none = await bench.stripe.checkout.sessions.list({ payment_intent: 'pi_none' });
    expect(none).toMatchObject({ data: [], has_more: false, url: '/v1/checkout/sessions' });
  });

  it('refuse what Stripe refuses, in its words', async () => {
    const sessions = bench.stripe.checkout.sessions;
    const line = { price: 'price_tides_eur', quantity: 1 };
    expect(await errorOf(sessions.retrieve('cs_test_none'))).toMatchObject({
      statusCode: 404,
      rawType: 'invalid_request_error',
      code: 'resource_missing',
      param: 'session',
    });
    expect(
      await errorOf(sessions.create({ ...cart, line_items: [{ price: 'price_none', quantity: 1 }] })),
    ).toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
      param: 'line_items[0][price]',
      message: "No such price: 'price_none'",
    });
    expect(await errorOf(sessions.create({ ...cart }))).toMatchObject({
      code: 'parameter_missing',
      param: 'line_items',
    });
    const unknown = { ...cart, line_items: [line], colour: 'red' } as Stripe.Checkout.SessionCreateParams;
    expect(await errorOf(sessions.create(unknown))).toMatchObject({
      code: 'parameter_unknown',
      message: 'Received unknown parameter: colour',
    });
    const mixed = [line, { price: 'price_maps_pln', quantity: 1 }];
    expect((await errorOf(sessions.create({ ...cart, line_items: mixed }))).message).toMatch(/same currency/);
    expect(await errorOf(sessions.list({ limit: 101 }))).toMatchObject({ statusCode: 400, param: 'limit' });
  });
});

describe('events', () => {
  it('page both ways without gap or repetition, newest first', async () => {
    await bench.buy();
    await bench.buy();
    const all = await bench.stripe.events.list({ limit: 100 });
    const ids = all.data.map((event) => event.id);
    expect(ids.length).toBeGreaterThanOrEqual(8);
    const forth = await bench.stripe.events.list({ limit: 3 }).autoPagingToArray({ limit: 1000 });
    expect(forth.map((event) => event.id)).toEqual(ids);
    const oldest = ids.at(-1) ?? '';
    const back = await bench.stripe.events
      .list({ limit: 3, ending_before: oldest })
      .autoPagingToArray({ limit: 1000 });
    expect(back.map((event) => event.id)).toEqual(ids.slice(0, -1).toReversed());
    const page = await bench.stripe.events.list({ limit: 2, ending_before: ids[4] });
    expect(page.data.map((event) => event.id)).toEqual([ids[2], ids[3]]);
    expect(page.has_more).toBe(true);
    expect(await errorOf(bench.stripe.events.list({ starting_after: 'evt_none' }))).toMatchObject({
      statusCode: 400,
    });
  });

  it('are filtered by type and time', async () => {
    const lastWeek = Math.floor(Date.now() / 1000) - 7 * 24 * 3600;
    const { events } = await bench.buy({ created: lastWeek });
    const old = await bench.stripe.events.list({ created: { gte: lastWeek - 1, lte: lastWeek + 1 } });
    expect(old.data.map((event) => event.id)).toEqual(events.toReversed());
    expect(old.data[0]).toMatchObject({ type: 'checkout.session.completed', created: lastWeek });
    const types = ['payment_intent.succeeded', 'checkout.session.completed'];
    const some = await bench.stripe.events.list({ created: lastWeek, types });
    expect(some.data.map((event) => event.type)).toEqual(types.toReversed());
    const one = await bench.stripe.events.list({ created: lastWeek, type: 'charge.*' });
    expect(one.data.map((event) => event.type)).toEqual(['charge.succeeded']);
  });

  it('carry the fields and order of keys Stripe gives them', async () => {
    const { events } = await bench.buy();
    const response = await fetch(`${bench.sandbox.baseUrl}/v1/events/${events[3]}`, {
      headers: { Authorization: `Bearer ${testKey}` },
    });
    const event = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(event)).toEqual([
      'id',
      'object',
      'api_version',
      'created',
      'data',
      'livemode',
      'pending_webhooks',
      'request',
      'type',
    ]);
    expect(event).toMatchObject({
      api_version: Stripe.API_VERSION,
      request: { id: null, idempotency_key: null },
    });
  });
});

describe('payment intents', () => {
  it('are paid without Checkout', async () => {
    const intent = await bench.stripe.paymentIntents.create({
      amount: 1200,
      currency: 'eur',
      metadata: { slug: 'tides' },
      receipt_email: 'ada@example.com',
    });
    expect(intent).toMatchObject({ status: 'requires_payment_method', amount_received: 0 });
    const paid = await bench.stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1200, metadata: { slug: 'tides' } });
    const retrieved = await bench.stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    expect(retrieved.latest_charge).toMatchObject({
      receipt_email: 'ada@example.com',
      metadata: { slug: 'tides' },
    });
    expect(await errorOf(bench.stripe.paymentIntents.confirm(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  it('of an invoice are told apart by their invoice payment', async () => {
    const order = { amount: 500, currency: 'eur', invoice: 'in_1' };
    const { payment_intent: intent } = await bench.control<{ payment_intent: { id: string } }>(
      'POST',
      '/payment_intents',
      order,
    );
    const payment = { type: 'payment_intent', payment_intent: intent.id } as const;
    expect((await bench.stripe.invoicePayments.list({ payment })).data).toMatchObject([{ invoice: 'in_1' }]);
    const other = { type: 'payment_intent', payment_intent: 'pi_other' } as const;
    expect((await bench.stripe.invoicePayments.list({ payment: other })).data).toEqual([]);
  });
});

describe('the rest of the API', () => {
  it('demands the secret key', async () => {
    const stranger = new Stripe('sk_test_wrong', {
      host: '127.0.0.1',
      port: new URL(bench.sandbox.baseUrl).port,
      protocol: 'http',
    });
    const error = await errorOf(stranger.events.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    const response = await fetch(`${bench.sandbox.baseUrl}/v1/events`);
    expect(response.status).toBe(401);
  });

  it('answers unknown paths and broken parameters with an error envelope', async () => {
    const headers = { Authorization: `Bearer ${testKey}`, 'Stripe-Version': '2020-08-27' };
    const response = await fetch(`${bench.sandbox.baseUrl}/v1/unheard_of`, { headers });
    expect(response.status).toBe(404);
    expect(response.headers.get('stripe-version')).toBe('2020-08-27');
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    const broken = await fetch(`${bench.sandbox.baseUrl}/v1/events?created[gte`, { headers });
    expect(broken.status).toBe(400);
    const version = { ...headers, 'Stripe-Version': 'yesterday' };
    expect((await fetch(`${bench.sandbox.baseUrl}/v1/events`, { headers: version })).status).toBe(400);
  });

  it('has the products and prices of the catalogue', async () => {
    expect(await bench.stripe.products.retrieve('prod_tides')).toMatchObject({
      name: 'Tides & <Winds>',
      default_price: 'price_tides_eur',
    });
    const prices = await bench.stripe.prices.list({ product: 'prod_maps', expand: ['data.product'] });
    const amounts = Object.fromEntries(prices.data.map((price) => [price.currency, price.unit_amount]));
    expect(amounts).toEqual({ eur: 990, jpy: 1500, pln: 3900 });
    expect(prices.data[0]?.product).toMatchObject({ name: 'Maps of Nowhere' });
  });

  it('shows the account and the registered endpoint', async () => {
    expect(await bench.stripe.accounts.retrieveCurrent()).toMatchObject({ charges_enabled: true });
    const { data } = await bench.stripe.webhookEndpoints.list();
    expect(data).toMatchObject([
      { status: 'enabled', enabled_events: ['*'], api_version: Stripe.API_VERSION },
    ]);
    expect(JSON.stringify(data)).not.toContain('whsec');
  });
});
