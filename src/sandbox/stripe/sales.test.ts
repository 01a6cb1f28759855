import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createTestBench, errorOf } from './testBench.ts';
import type { Purchased, TestBench } from './testBench.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
  await bench.control('PUT', '/webhook', { disabled: true });
});
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

const typesOf = ({ events }: Purchased) =>
  Promise.all(events.map(async (id) => (await bench.stripe.events.retrieve(id)).type));

describe('a delayed method', () => {
  it.each([
    ['p24', 'pln'],
    ['sepa_debit', 'eur'],
  ])('%s completes unpaid and settles later', async (method, currency) => {
    const bought = await bench.buy({ method, currency });
    expect(bought).toMatchObject({
      session: { status: 'complete', payment_status: 'unpaid' },
      payment_intent: { status: 'processing', amount_received: 0 },
    });
    expect(await typesOf(bought)).toContain('checkout.session.completed');
    const settled = await bench.control<Purchased>('POST', `/sessions/${bought.session.id}/async`, {
      outcome: 'succeeded',
    });
    expect(await typesOf(settled)).toContain('checkout.session.async_payment_succeeded');
    const { latest_charge: charge } = await bench.stripe.paymentIntents.retrieve(
      bought.payment_intent?.id ?? '',
      {
        expand: ['latest_charge'],
      },
    );
    expect(charge).toMatchObject({ payment_method_details: { type: method }, paid: true });
  });

  it('is refused in a currency it cannot pay', async () => {
    await expect(bench.buy({ method: 'sepa_debit', currency: 'pln' })).rejects.toThrow(/cannot pay/);
  });
});

describe('a sale', () => {
  it('in a currency without decimals, or with three, has whole minor units', async () => {
    const yen = await bench.buy({ lines: [{ slug: 'maps' }], currency: 'jpy' });
    expect(yen.session).toMatchObject({
      amount_total: 1500,
      currency: 'jpy',
      total_details: { amount_tax: 71 },
    });
    const lines = [{ name: 'Dunes', unit_amount: 3_210, quantity: 2 }];
    const dinar = await bench.buy({ lines, currency: 'kwd' });
    expect(dinar).toMatchObject({ session: { amount_total: 6_420 }, payment_intent: { currency: 'kwd' } });
    const order = { amount: 3_211, currency: 'kwd' };
    expect(await errorOf(bench.stripe.paymentIntents.create(order))).toMatchObject({ param: 'amount' });
  });

  it('of many lines shows ten at once and pages through the rest', async () => {
    const lines = Array.from({ length: 24 }, (_, i) => ({ name: `Book ${i}`, unit_amount: 100 + i }));
    const { session } = await bench.buy({ lines, currency: 'eur' });
    const { line_items: inline } = await bench.stripe.checkout.sessions.retrieve(session.id, {
      expand: ['line_items'],
    });
    expect(inline).toMatchObject({ has_more: true, data: { length: 10 } });
    const rest = await bench.stripe.checkout.sessions
      .listLineItems(session.id, { limit: 7, starting_after: inline?.data.at(-1)?.id ?? '' })
      .autoPagingToArray({ limit: 100 });
    expect(rest.map(({ description }) => description)).toEqual(lines.slice(10).map(({ name }) => name));
  });

  it('with a coupon is cheaper by it, and split over its lines', async () => {
    const coupon = await bench.stripe.coupons.create({ percent_off: 12.5, duration: 'once', name: 'Spring' });
    const lines = [{ slug: 'tides' }, { slug: 'code' }];
    const { session } = await bench.buy({ lines, coupon: coupon.id });
    expect(session).toMatchObject({
      amount_subtotal: 3301,
      amount_total: 2888,
      total_details: { amount_discount: 413 },
    });
    const { data } = await bench.stripe.checkout.sessions.listLineItems(session.id);
    expect(data.map(({ amount_discount: off }) => off)).toEqual([150, 263]);
    await bench.stripe.coupons.create({ id: 'FIVE', amount_off: 500, currency: 'eur' });
    expect((await bench.buy({ coupon: 'FIVE' })).session).toMatchObject({ amount_total: 700 });
    expect(await errorOf(bench.stripe.coupons.create({ id: 'FIVE', percent_off: 5 }))).toMatchObject({
      code: 'resource_already_exists',
    });
  });

  it('with tax on top costs as much more', async () => {
    const lines = [
      { name: 'Plains', unit_amount: 1000, quantity: 3, tax: { percent: 8.25, behavior: 'exclusive' } },
      { slug: 'tides' },
    ];
    const { session } = await bench.buy({ lines });
    expect(session).toMatchObject({
      amount_subtotal: 4200,
      amount_total: 4448,
      total_details: { amount_tax: 248 + 57 },
    });
    const { data } = await bench.stripe.checkout.sessions.listLineItems(session.id, {
      expand: ['data.taxes'],
    });
    expect(data[0]).toMatchObject({
      amount_subtotal: 3000,
      amount_tax: 248,
      amount_total: 3248,
      price: { tax_behavior: 'exclusive' },
      taxes: [{ amount: 248, taxable_amount: 3000, rate: { inclusive: false, percentage: 8.25 } }],
    });
  });
});

describe('an open session', () => {
  it('can be given up, and then takes no payment', async () => {
    const session = await bench.stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: 'price_tides_eur', quantity: 1 }],
      success_url: 'https://shop.example',
    });
    expect(await bench.stripe.checkout.sessions.expire(session.id)).toMatchObject({
      status: 'expired',
      url: null,
    });
    await expect(bench.control('POST', `/sessions/${session.id}/complete`, {})).rejects.toThrow(
      /no longer open/,
    );
    expect((await errorOf(bench.stripe.checkout.sessions.expire(session.id))).message).toMatch(
      /status of expired/,
    );
  });
});

describe('sales of the past', () => {
  const from = 1_600_000_000;
  const to = from + 100_000;

  it('are written at once, spread over their time, without events or webhooks', async () => {
    const seeded = await bench.control('POST', '/seed', {
      count: 500,
      from,
      to,
      refundedShare: 0.1,
      disputedShare: 0.02,
    });
    expect(seeded).toMatchObject({ count: 500, refunded: 50, disputed: 10 });
    const created = { gte: from, lte: to };
    const sessions = await bench.stripe.checkout.sessions
      .list({ created, limit: 100, status: 'complete' })
      .autoPagingToArray({ limit: 1000 });
    expect(sessions).toHaveLength(500);
    expect([sessions.at(-1)?.created, sessions[0]?.created]).toEqual([from, to]);
    expect(sessions.at(-1)).toMatchObject({
      payment_status: 'paid',
      customer_details: { email: 'past1@example.com' },
    });
    const intents = await bench.stripe.paymentIntents
      .list({ created: { gte: from, lt: to }, limit: 100, expand: ['data.latest_charge'] })
      .autoPagingToArray({ limit: 1000 });
    expect(intents).toHaveLength(499);
    const refunded = intents.filter(
      ({ latest_charge: charge }) => charge !== null && typeof charge !== 'string' && charge.refunded,
    );
    // The fiftieth is the last sale of all, which `lt` leaves out.
    expect(refunded).toHaveLength(49);
    expect((await bench.stripe.events.list({ created })).data).toEqual([]);
    expect(await bench.control('GET', '/deliveries')).toMatchObject({ pending: 0, attempts: 0 });
  });

  it('may have been disputed and lost', async () => {
    const later = to + 100_000;
    const wanted = {
      count: 100,
      from: later,
      to: later + 20,
      disputedShare: 0.05,
      products: ['code'],
      currency: 'pln',
    };
    expect(await bench.control('POST', '/seed', wanted)).toMatchObject({ refunded: 0, disputed: 5 });
    const { data } = await bench.stripe.disputes.list({ created: { gte: later, lte: later + 4000 } });
    expect(data.map(({ status, amount }) => [status, amount])).toEqual(Array(5).fill(['lost', 8900]));
  });
});
