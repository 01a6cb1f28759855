import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createTestBench } from './testBench.ts';
import type { Purchased, TestBench } from './testBench.ts';

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

async function typesOf({ events }: Purchased): Promise<string[]> {
  const found = await Promise.all(events.map((id) => bench.stripe.events.retrieve(id)));
  return found.map((event) => event.type);
}

describe('a purchase', () => {
  it('by card tells its story in Stripe’s order', async () => {
    const purchase = await bench.buy();
    expect(await typesOf(purchase)).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.completed',
    ]);
    expect(purchase.session).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      payment_intent: purchase.payment_intent?.id,
      url: null,
    });
    const events = await Promise.all(purchase.events.map((id) => bench.stripe.events.retrieve(id)));
    expect(events[0]?.data.object).toMatchObject({ status: 'requires_payment_method', amount: 1200 });
    expect(events[3]?.data.object).toMatchObject({ id: purchase.session.id, payment_status: 'paid' });
  });

  it('keeps what the buyer says about a company', async () => {
    const { session } = await bench.buy({
      business_name: 'Żółw sp. z o.o.',
      tax_ids: [{ type: 'eu_vat', value: 'PL5260001246' }],
      address: { country: 'PL', city: 'Łódź' },
      locale: 'pl',
      currency: 'pln',
      payment_intent_data: { metadata: { order: '9' } },
      metadata: { source: 'test' },
    });
    const found = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
    expect(found).toMatchObject({
      amount_total: 4900,
      currency: 'pln',
      customer_details: {
        email: 'ada@example.com',
        business_name: 'Żółw sp. z o.o.',
        tax_ids: [{ type: 'eu_vat', value: 'PL5260001246' }],
        address: { country: 'PL', city: 'Łódź', line1: null },
      },
      locale: 'pl',
      metadata: { source: 'test' },
      payment_intent: { metadata: { order: '9' }, amount_received: 4900, currency: 'pln' },
    });
  });

  it('of several books has lines whose money adds up to the totals', async () => {
    const lines = [{ slug: 'tides', quantity: 3 }, { slug: 'maps' }, { slug: 'code', quantity: 7 }];
    const { session } = await bench.buy({ lines });
    const { data } = await bench.stripe.checkout.sessions.listLineItems(session.id);
    const sum = (field: 'amount_subtotal' | 'amount_tax' | 'amount_total') =>
      data.reduce((all, item) => all + item[field], 0);
    expect(sum('amount_total')).toBe(session.amount_total);
    expect(sum('amount_subtotal')).toBe(session.amount_subtotal);
    expect(sum('amount_tax')).toBe(session.total_details.amount_tax);
  });

  it('with nothing to pay has no intent and one event', async () => {
    const purchase = await bench.buy({ method: 'free' });
    expect(await typesOf(purchase)).toEqual(['checkout.session.completed']);
    expect(purchase.session).toMatchObject({
      amount_subtotal: 1200,
      amount_total: 0,
      payment_intent: null,
      payment_status: 'no_payment_required',
      total_details: { amount_discount: 1200, amount_tax: 0 },
      discounts: [{ coupon: 'FREE', promotion_code: null }],
    });
  });

  it('without an e-mail address is possible', async () => {
    const { session } = await bench.buy({ email: null });
    expect(session.customer_details?.email).toBeNull();
  });

  it('is refused with a reason when the order makes no sense', async () => {
    await expect(bench.buy({ products: ['unwritten'] })).rejects.toThrow(/no price of 'unwritten'/);
    await expect(bench.buy({ colour: 'red' })).rejects.toThrow(/colour/);
    await expect(bench.buy({ name: 'a\0b' })).rejects.toThrow(/NUL/);
  });
});

describe('a delayed payment', () => {
  it('completes unpaid and succeeds later', async () => {
    const purchase = await bench.buy({ method: 'blik_delayed' });
    expect(await typesOf(purchase)).toEqual([
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'checkout.session.completed',
    ]);
    expect(purchase.session.payment_status).toBe('unpaid');
    const path = `/sessions/${purchase.session.id}/async`;
    const settled = await bench.control<Purchased>('POST', path, { outcome: 'succeeded' });
    expect(await typesOf(settled)).toEqual([
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.async_payment_succeeded',
    ]);
    const session = await bench.stripe.checkout.sessions.retrieve(purchase.session.id, {
      expand: ['payment_intent'],
    });
    expect(session).toMatchObject({ payment_status: 'paid', payment_intent: { status: 'succeeded' } });
    await expect(bench.control('POST', path, { outcome: 'failed' })).rejects.toThrow(
      /no payment that could settle/,
    );
  });

  it('completes unpaid and fails later', async () => {
    const { session } = await bench.buy({ method: 'blik_delayed' });
    const settled = await bench.control<Purchased>('POST', `/sessions/${session.id}/async`, {
      outcome: 'failed',
    });
    expect(await typesOf(settled)).toEqual([
      'charge.failed',
      'payment_intent.payment_failed',
      'checkout.session.async_payment_failed',
    ]);
    expect(settled).toMatchObject({
      session: { payment_status: 'unpaid' },
      payment_intent: { status: 'requires_payment_method', amount_received: 0 },
    });
  });

  it('settles by itself after the time ordered', async () => {
    const { session } = await bench.buy({
      method: 'blik_delayed',
      settle: { outcome: 'succeeded', afterMs: 20 },
    });
    const [webhook] = await bench.webhooks(
      1,
      ({ type, data }) =>
        type === 'checkout.session.async_payment_succeeded' && data.object.id === session.id,
    );
    expect(webhook?.event.data.object).toMatchObject({ payment_status: 'paid' });
  });
});

describe('an open session', () => {
  it('is completed once, however often the buyer submits it', async () => {
    const session = await bench.stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: 'price_tides_eur', quantity: 1 }],
      customer_email: 'ada@example.com',
      payment_intent_data: { metadata: { order: '11' }, receipt_email: 'office@example.com' },
      success_url: 'https://shop.example',
    });
    const submit = () => bench.control<Purchased>('POST', `/sessions/${session.id}/complete`, {});
    const answers = await Promise.all([submit(), submit(), submit()]);
    expect(answers.flatMap((answer) => answer.events)).toHaveLength(4);
    expect(answers.map((answer) => answer.session.status)).toEqual(['complete', 'complete', 'complete']);
    const { payment_intent: intent } = await bench.stripe.checkout.sessions.retrieve(session.id, {
      expand: ['payment_intent'],
    });
    expect(intent).toMatchObject({ metadata: { order: '11' }, receipt_email: 'office@example.com' });
  });
});

describe('a burst', () => {
  it('makes every purchase once', async () => {
    const buyers = Array.from({ length: 30 }, (_, i) => `buyer${i}@example.com`);
    const wishes = { webhook: { copies: 2, shuffle: true } };
    const bought = await Promise.all(buyers.map((email) => bench.buy({ email, ...wishes })));
    expect(new Set(bought.map(({ session }) => session.id)).size).toBe(30);
    const made = new Set(bought.flatMap(({ events }) => events));
    const webhooks = await bench.webhooks(240, ({ id }) => made.has(id));
    const times = new Map<string, number>();
    for (const { event } of webhooks) times.set(event.id, (times.get(event.id) ?? 0) + 1);
    expect([...made].map((id) => times.get(id))).toEqual(Array(120).fill(2));
  });
});
