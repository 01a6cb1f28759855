import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { neededEventTypes } from '../../../src/domain/stripeEventTypes.ts';
import { type CatchUpStack, startCatchUpStack } from '../../builders/catchUpStack.ts';
import { eventually } from '../../builders/engineStack.ts';

let stack: CatchUpStack;
beforeAll(async () => {
  stack = await startCatchUpStack();
});
beforeEach(() => stack.forget());
afterAll(() => stack.stop());

const aMinuteAgo = () => new Date(Date.now() - 60_000);
const eventsOf = (ids: readonly string[]) =>
  stack.rows<{ event_id: string; door: string; heard: boolean; verdict: string }>(
    `select event_id, door, webhook_at is not null as heard, verdict from fulfillment.stripe_events
      where event_id = any($1) and payment_id is not null order by event_id`,
    [ids],
  );

describe('when every webhook is lost', () => {
  it('each paid order is found within the interval, once, by whichever process is at it', async () => {
    const instances = [1, 2, 3].map(() => stack.instance({ intervalMs: 400, leaseMs: 1_000 }));
    const loops = instances.map((instance) => instance.loop());
    for (const loop of loops) loop.start();
    await eventually(
      async () => (await stack.sweeps())[0]?.['finished'] === true,
      () => 'no first sweep',
    );
    const bought = await Promise.all([1, 2, 3].map(() => stack.buySilently()));
    const keys = bought.map(({ key }) => key);
    const startedMs = performance.now();
    await eventually(
      async () => (await stack.sales(keys)).length === 3,
      () => 'not found',
    );
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    for (const sale of await stack.sales(keys))
      expect(sale).toMatchObject({ kind: 'fulfil', plan: 'fulfil', actor: 'door:poller' });
    // One of them asks Stripe, and the others stand by.
    expect(instances.filter((instance) => instance.calls() > 0)).toHaveLength(1);

    // It ends, and another goes on at once.
    const first = instances.findIndex((instance) => instance.calls() > 0);
    await loops[first]?.stop();
    const { key } = await stack.buySilently();
    await eventually(
      async () => (await stack.sales([key])).length === 1,
      () => 'not taken over',
    );
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(instances.flatMap(({ telemetry }) => telemetry.of('unexpected.error'))).toEqual([]);
    expect(instances.flatMap(({ telemetry }) => telemetry.of('catch_up.failed'))).toEqual([]);
  });

  it('a process that dies is taken over from when its lease ends', async () => {
    const dead = stack.instance({ leaseMs: 300 });
    await dead.readSince(aMinuteAgo());
    const next = stack.instance();
    expect(await stack.store.take(next.worker, 1_000)).toBeUndefined();
    await sleep(350);
    expect(await stack.store.take(next.worker, 1_000)).toBeDefined();
    await expect(dead.take()).rejects.toThrow('Somebody else');
    await next.release();
  });
});

describe('an event that the poller has found', () => {
  it('is known when the webhook brings it after all, in whatever order its members come', async () => {
    const { key, events } = await stack.buySilently();
    const instance = stack.instance();
    await instance.readSince(aMinuteAgo());
    expect(await stack.sales([key])).toMatchObject([{ actor: 'door:poller' }]);
    for (const id of events) await stack.bench.control('POST', `/events/${id}/resend`);
    const resent = await stack.bench.webhooks(events.length, ({ id }) => events.includes(id));
    const { post } = stack.webhook();
    const acted = resent.filter(({ event }) => neededEventTypes.includes(event.type));
    expect(acted.length).toBeGreaterThan(1);
    for (const { rawBody } of acted) expect(await post(rawBody)).toBe('duplicate');
    const kept = await eventsOf(events);
    expect(kept).toHaveLength(acted.length);
    for (const row of kept) expect(row).toMatchObject({ door: 'poller', heard: true, verdict: 'accepted' });
    const shuffled = (value: unknown): unknown =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .map(([name, inner]) => [name, shuffled(inner)])
              .toReversed(),
          )
        : value;
    expect(await post(shuffled(acted[0]?.event))).toBe('duplicate');
  });

  it('is not read again where the webhook has brought it first, nor in the next round', async () => {
    const { events, key } = await stack.buySilently();
    const { post } = stack.webhook();
    for (const id of events) await stack.bench.control('POST', `/events/${id}/resend`);
    for (const { rawBody } of await stack.bench.webhooks(events.length, ({ id }) => events.includes(id)))
      await post(rawBody);
    const instance = stack.instance();
    await instance.readSince(aMinuteAgo());
    expect(await stack.sales([key])).toMatchObject([{ actor: 'door:webhook' }]);
    await instance.readEvents();
    expect(instance.telemetry.of('catch_up.round').at(-1)).toMatchObject({ found: 0, whole: true });
  });

  it('of another API version is the same event, and is read where the first form could not be', async () => {
    const { key, events } = await stack.buySilently();
    const { post } = stack.webhook();
    for (const id of events) await stack.bench.control('POST', `/events/${id}/resend`);
    const [completed] = await stack.bench.webhooks(
      1,
      ({ id, type }) => events.includes(id) && type === 'checkout.session.completed',
    );
    const { event } = completed ?? {};
    const { payment_status: _later, ...old } = (event?.data.object ?? {}) as unknown as Record<
      string,
      unknown
    >;
    expect(await post({ ...event, api_version: '2019-12-03', data: { object: old } })).toBe('quarantined');
    const reasons = await stack.rows<{ reason: string }>(
      'select reason from fulfillment.stripe_events where event_id = $1',
      [event?.id],
    );
    expect(reasons).toEqual([{ reason: 'api_version 2019-12-03: shape: payment_status' }]);

    await stack.instance().readSince(aMinuteAgo());
    expect(await stack.sales([key])).toHaveLength(1);
    expect(await eventsOf([event?.id ?? ''])).toMatchObject([{ verdict: 'accepted' }]);
    // The old form again: neither a conflict nor a step back.
    expect(await post({ ...event, api_version: '2019-12-03', data: { object: old } })).toBe('duplicate');
  });
});

describe('reading on', () => {
  it('goes on after a trouble of Stripe where it was, and says so', async () => {
    const { key } = await stack.buySilently();
    const instance = stack.instance();
    await stack.bench.control('PUT', '/faults', { api: { mode: 'status', status: 429, path: '/v1/events' } });
    await expect(instance.readSince(aMinuteAgo())).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(await stack.sales([key])).toEqual([]);
    await stack.bench.control('PUT', '/faults', {});
    await instance.readEvents();
    expect(await stack.sales([key])).toHaveLength(1);
  });

  it('never moves its cursor back', async () => {
    const instance = stack.instance();
    const late = new Date(Date.now() + 3_600_000);
    await instance.readSince(late);
    await stack.store.advance(instance.worker, aMinuteAgo());
    expect((await instance.take()).seenUntil).toEqual(late);
  });
});
