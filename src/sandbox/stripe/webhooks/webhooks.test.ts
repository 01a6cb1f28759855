import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createTestBench, testSecret } from '../testBench.ts';
import type { TestBench } from '../testBench.ts';
import type { DeliverySummary } from './deliveryStore.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
/** Every test begins with nothing sent and nothing pending. */
beforeEach(async () => {
  bench.answerWith(200);
  await bench.restart();
  await bench.pool.query(`truncate stripe_sandbox.deliveries`);
  await bench.pool.query(`delete from stripe_sandbox.objects where type = 'event'`);
  bench.clear();
});
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

/** The outcome of a delivery is recorded after the endpoint has answered: reads until it shows. */
async function deliveriesOnce(done: (summary: DeliverySummary) => boolean): Promise<DeliverySummary> {
  for (;;) {
    const summary = await bench.control<DeliverySummary>('GET', '/deliveries');
    if (done(summary)) return summary;
  }
}

describe('webhooks', () => {
  it('arrive with the headers and signature of Stripe', async () => {
    const { events } = await bench.buy({ name: 'Zażółć Gęślą' });
    const webhooks = await bench.webhooks(4);
    expect(webhooks.map(({ event }) => event.id).toSorted()).toEqual(events.toSorted());
    for (const { rawBody, headers } of webhooks) {
      const event = Stripe.webhooks.constructEvent(rawBody, headers['stripe-signature'] ?? '', testSecret);
      expect(event).toMatchObject({ object: 'event', livemode: false, pending_webhooks: 1 });
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      });
      expect(rawBody).toMatch(/^\{\n {2}"id": "evt_/);
    }
  });

  it('are signed with every active secret', async () => {
    await bench.control('PUT', '/webhook', { secrets: ['whsec_new', testSecret] });
    await bench.buy();
    const [webhook] = await bench.webhooks(1);
    const { rawBody = '', headers } = webhook ?? {};
    const header = headers?.['stripe-signature'] ?? '';
    for (const secret of ['whsec_new', testSecret]) {
      expect(Stripe.webhooks.constructEvent(rawBody, header, secret)).toMatchObject({ object: 'event' });
    }
    expect(() => Stripe.webhooks.constructEvent(rawBody, header, 'whsec_other')).toThrow(
      /No signatures found/,
    );
  });

  it('are tried again after a refusal, with the same bytes and a fresh signature', async () => {
    bench.answerWith(503);
    await bench.control('POST', '/events', {
      type: 'customer.created',
      object: { id: 'cus_1', object: 'customer' },
    });
    await bench.webhooks(2);
    bench.answerWith(200);
    const summary = await deliveriesOnce(({ delivered }) => delivered === 1);
    expect(summary).toMatchObject({ pending: 0, lastStatuses: { 200: 1 } });
    expect(summary.attempts).toBe(bench.received.length);
    expect(new Set(bench.received.map(({ rawBody }) => rawBody)).size).toBe(1);
    for (const { rawBody, headers } of bench.received) {
      expect(() =>
        Stripe.webhooks.constructEvent(rawBody, headers['stripe-signature'] ?? '', testSecret),
      ).not.toThrow();
    }
  });

  it('that are pending are sent after a restart', async () => {
    bench.answerWith(500);
    const { events } = await bench.buy();
    await deliveriesOnce(({ attempts }) => attempts >= 4);
    await bench.restart();
    bench.answerWith(200);
    const summary = await deliveriesOnce(({ pending }) => pending === 0);
    expect(summary.delivered).toBe(4);
    const event = await bench.stripe.events.retrieve(events[3] ?? '');
    expect(event).toMatchObject({ pending_webhooks: 0, type: 'checkout.session.completed' });
  });

  it('wait while they are paused', async () => {
    await bench.control('PUT', '/faults', { webhooks: { paused: true } });
    await bench.buy();
    expect(await bench.control('GET', '/deliveries')).toMatchObject({ pending: 4, attempts: 0 });
    await bench.control('PUT', '/faults', { webhooks: { paused: false } });
    expect(await bench.webhooks(4)).toHaveLength(4);
  });

  it('that are dropped stay visible to whoever lists events, and can be sent again', async () => {
    const { events } = await bench.buy({ webhook: { drop: ['checkout.session.completed'] } });
    await deliveriesOnce(({ delivered }) => delivered === 3);
    const undelivered = await bench.stripe.events.list({ delivery_success: false });
    expect(undelivered.data.map(({ id, pending_webhooks: pending }) => [id, pending])).toEqual([
      [events[3], 1],
    ]);
    const delivered = await bench.stripe.events.list({ delivery_success: true });
    expect(delivered.data.map(({ id }) => id)).toEqual(events.slice(0, 3).toReversed());
    bench.clear();
    await bench.control('POST', `/events/${events[3]}/resend`, { copies: 2 });
    const again = await bench.webhooks(2);
    expect(again.map(({ event }) => event.id)).toEqual([events[3], events[3]]);
  });

  it('are sent only for the types the endpoint has enabled', async () => {
    bench.sandbox.changeWebhook({ enabledEvents: ['checkout.session.completed'] });
    await bench.buy();
    const summary = await deliveriesOnce(({ delivered }) => delivered === 1);
    expect(summary).toMatchObject({ pending: 0, dropped: 0 });
    expect(bench.received.map(({ event }) => event.type)).toEqual(['checkout.session.completed']);
  });
});
