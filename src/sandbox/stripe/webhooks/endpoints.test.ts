import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createTestBench, errorOf } from '../testBench.ts';
import type { TestBench } from '../testBench.ts';
import type { DeliverySummary } from './deliveryStore.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
beforeEach(async () => {
  bench.answerWith(200);
  await bench.control('PUT', '/faults', {});
  await bench.restart();
  await bench.pool.query('truncate stripe_sandbox.deliveries');
  bench.clear();
});
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

async function deliveriesOnce(done: (summary: DeliverySummary) => boolean): Promise<DeliverySummary> {
  for (;;) {
    const summary = await bench.control<DeliverySummary>('GET', '/deliveries');
    if (done(summary)) return summary;
  }
}
const given = async () => (await bench.stripe.webhookEndpoints.list()).data[0]?.id ?? '';
const old = '2024-06-20';

describe('the endpoint', () => {
  it('that is disabled gets nothing, and says so', async () => {
    const id = await given();
    expect(await bench.stripe.webhookEndpoints.update(id, { disabled: true })).toMatchObject({
      status: 'disabled',
    });
    const { events } = await bench.buy();
    expect(await bench.control('GET', '/deliveries')).toMatchObject({ pending: 0, delivered: 0, dropped: 0 });
    expect(await bench.stripe.events.retrieve(events[3] ?? '')).toMatchObject({ pending_webhooks: 0 });
    await bench.stripe.webhookEndpoints.update(id, { disabled: false });
    await bench.buy();
    expect(await bench.webhooks(4)).toHaveLength(4);
  });

  it('that is disabled between two tries is not tried again', async () => {
    bench.answerWith(500);
    const { events } = await bench.buy();
    await deliveriesOnce(({ attempts }) => attempts >= 4);
    await bench.control('PUT', '/webhook', { disabled: true });
    await deliveriesOnce(({ dropped }) => dropped === 4);
    const undelivered = await bench.stripe.events.list({ delivery_success: false, limit: 100 });
    expect(undelivered.data.map(({ id }) => id)).toEqual(events.toReversed());
  });

  it('that is deleted is not known any more', async () => {
    const id = await given();
    expect(await bench.stripe.webhookEndpoints.del(id)).toMatchObject({ deleted: true });
    expect((await bench.stripe.webhookEndpoints.list()).data).toEqual([]);
    expect((await errorOf(bench.stripe.webhookEndpoints.retrieve(id))).code).toBe('resource_missing');
    await bench.buy();
    expect(await bench.control('GET', '/deliveries')).toMatchObject({ pending: 0, delivered: 0 });
    await bench.control('PUT', '/webhook', { deleted: false });
    expect(await given()).toBe(id);
  });

  it('may be joined by another with a secret and a version of its own', async () => {
    const added = await bench.stripe.webhookEndpoints.create({
      url: bench.url,
      enabled_events: ['payment_intent.succeeded'],
      api_version: old,
    });
    expect(added.secret).toMatch(/^whsec_/);
    expect(await bench.stripe.webhookEndpoints.retrieve(added.id)).not.toHaveProperty('secret');
    const { data } = await bench.stripe.webhookEndpoints.list({ limit: 1 });
    expect(data).toMatchObject([{ id: added.id, api_version: old }]);
    await bench.buy();
    const twice = await bench.webhooks(2, ({ type }) => type === 'payment_intent.succeeded');
    expect(new Set(twice.map(({ event }) => event.api_version))).toEqual(new Set([old, Stripe.API_VERSION]));
    for (const { rawBody, headers, event } of twice) {
      const secret = event.api_version === old ? (added.secret ?? '') : 'whsec_bench';
      expect(() =>
        Stripe.webhooks.constructEvent(rawBody, headers['stripe-signature'] ?? '', secret),
      ).not.toThrow();
    }
  });
});

describe('bodies of an earlier version', () => {
  it('have the shapes of that version, and its events', async () => {
    await bench.control('PUT', '/webhook', { apiVersion: old });
    const { payment_intent: intent } = await bench.buy();
    await bench.stripe.refunds.create({ payment_intent: intent?.id ?? '' });
    const webhooks = await bench.webhooks(5);
    const objects = new Map(webhooks.map(({ event }) => [event.type, event.data.object]));
    expect([...objects.keys()]).not.toContain('refund.created');
    expect(objects.get('charge.refunded')).toMatchObject({
      object: 'charge',
      invoice: null,
      amount_refunded: 1200,
    });
    expect(objects.get('payment_intent.succeeded')).toMatchObject({ invoice: null });
    const session = objects.get('checkout.session.completed');
    expect(session).toMatchObject({ ui_mode: 'hosted', shipping_details: null, payment_status: 'paid' });
    expect(session).not.toHaveProperty('collected_information');
    expect(webhooks[0]?.event.api_version).toBe(old);
    const { data } = await bench.stripe.events.list({ type: 'checkout.session.completed', limit: 1 });
    expect(data[0]).toMatchObject({
      api_version: Stripe.API_VERSION,
      data: { object: { ui_mode: 'hosted_page' } },
    });
  });

  it('come from the account where the endpoint has none, and from the API for who asks so', async () => {
    await bench.control('PUT', '/webhook', { apiVersion: null });
    await bench.control('PUT', '/account', { apiVersion: old });
    await bench.buy();
    const [webhook] = await bench.webhooks(1, ({ type }) => type === 'charge.succeeded');
    expect(webhook?.event).toMatchObject({ api_version: old, data: { object: { invoice: null } } });
    expect((await bench.stripe.events.list({ limit: 1 })).data[0]).toMatchObject({ api_version: old });
    const charges = await bench.stripe.charges.list({ limit: 1 });
    expect(charges.data[0]).not.toHaveProperty('invoice');
    const asked = await bench.stripe.charges.list({ limit: 1 }, { apiVersion: old });
    expect(asked.data[0]).toHaveProperty('invoice', null);
  });

  it('are whatever somebody gives', async () => {
    const object = { id: 'ch_1', object: 'charge', shape: 'of another time' };
    await bench.control('POST', '/events', {
      type: 'charge.refunded',
      object,
      apiVersion: null,
      livemode: true,
    });
    const [webhook] = await bench.webhooks(1);
    expect(webhook?.event).toMatchObject({ api_version: null, livemode: true, data: { object } });
  });
});

describe('an unreliable network', () => {
  it('drops a share of all events and doubles the others', async () => {
    await bench.control('PUT', '/faults', {
      webhooks: { dropShare: 0.5, copies: 2, shuffle: true, jitterMs: 20 },
    });
    for (let i = 0; i < 10; i += 1) await bench.buy();
    const summary = await deliveriesOnce(({ pending }) => pending === 0);
    // Of 40 events: all, or none, with a chance of one in a million million.
    expect(summary.dropped).toBeGreaterThan(0);
    expect(summary.delivered).toBeGreaterThan(0);
    expect(summary.dropped * 2 + summary.delivered).toBe(80);
    const undelivered = await bench.stripe.events
      .list({ delivery_success: false, limit: 100 })
      .autoPagingToArray({ limit: 1000 });
    expect(undelivered).toHaveLength(summary.dropped);
  });
});

describe('a limit of calls', () => {
  it('answers those beyond it with 429 until a second has passed', async () => {
    await bench.control('PUT', '/faults', { rateLimit: { callsPerSecond: 3, retryAfterSeconds: 2 } });
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => bench.stripe.events.list()));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused[0]?.reason).toMatchObject({ statusCode: 429, headers: { 'retry-after': '2' } });
  });
});
