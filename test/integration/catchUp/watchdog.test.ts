import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RegisteredEndpoint } from '../../../src/domain/webhookEndpoint.ts';
import { neededEventTypes } from '../../../src/domain/stripeEventTypes.ts';
import { refuseOtherMode } from '../../../src/main/refuseOtherMode.ts';
import { apiVersion } from '../../../src/sandbox/stripe/objects/events.ts';
import { type CatchUpStack, startCatchUpStack } from '../../builders/catchUpStack.ts';

let stack: CatchUpStack;
beforeAll(async () => {
  stack = await startCatchUpStack();
});
beforeEach(() => stack.forget());
afterAll(() => stack.stop());

const aMinuteAgo = () => new Date(Date.now() - 60_000);

describe('the watchdog', () => {
  const watching = (endpoints: RegisteredEndpoint[] | undefined) => {
    const lists = { ...stack.stripeLists, endpoints: () => Promise.resolve(endpoints) };
    return stack.instance({ lists });
  };
  const sound = (): RegisteredEndpoint => ({
    url: stack.endpointUrl,
    enabled: true,
    livemode: false,
    apiVersion,
    enabledEvents: [...neededEventTypes],
  });

  it('has nothing to say of an endpoint as it should be', async () => {
    await watching([sound()]).watch();
    expect(await stack.alerts()).toEqual([]);
  });

  it.each([
    ['missing', 'page', () => []],
    ['wrong_url', 'page', () => [{ ...sound(), url: 'https://old.books.example/webhooks/stripe' }]],
    ['disabled', 'page', () => [{ ...sound(), enabled: false }]],
    ['other_mode', 'page', () => [{ ...sound(), livemode: true }]],
    ['missing_types', 'ticket', () => [{ ...sound(), enabledEvents: ['payment_intent.succeeded'] }]],
    ['api_version', 'ticket', () => [{ ...sound(), apiVersion: '2020-08-27' }]],
  ])('opens one alert while it is %s, and resolves it by itself', async (scope, severity, endpoints) => {
    const instance = watching(endpoints());
    await instance.watch();
    await instance.watch();
    expect(await stack.alerts()).toMatchObject([{ scope, severity, state: 'open' }]);
    // Somebody has taken it: it stays theirs, and nobody is told again.
    await stack.admin.query(
      `update fulfillment.alerts set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = 'anna'`,
    );
    await instance.watch();
    expect(await stack.alerts()).toMatchObject([{ scope, state: 'acknowledged' }]);
    expect(instance.telemetry.of('alert.changed')).toMatchObject([{ change: 'opened', scope }]);
    // A key that may not read endpoints any more says nothing new.
    await instance.release();
    const blind = watching(undefined);
    await blind.watch();
    await blind.release();
    expect(await stack.alerts()).toMatchObject([{ scope, state: 'acknowledged' }]);
    const healed = watching([sound()]);
    await healed.watch();
    expect(await stack.alerts()).toMatchObject([{ scope, state: 'resolved' }]);
    expect(healed.telemetry.of('alert.changed')).toMatchObject([{ change: 'resolved', scope }]);
  });

  it('notices that payments come and no webhook tells of them, until one does', async () => {
    const { events } = await stack.buySilently();
    const instance = stack.instance({ graceMs: 0 });
    await instance.readSince(aMinuteAgo());
    await instance.watch();
    expect(await stack.alerts()).toMatchObject([
      {
        scope: 'silence',
        severity: 'page',
        state: 'open',
        summary: expect.stringMatching(/^No webhook comes: \d/),
      },
    ]);
    for (const id of events) await stack.bench.control('POST', `/events/${id}/resend`);
    const { post } = stack.webhook();
    for (const { rawBody } of await stack.bench.webhooks(events.length, ({ id }) => events.includes(id)))
      await post(rawBody);
    await instance.watch();
    expect(await stack.alerts()).toMatchObject([{ scope: 'silence', state: 'resolved' }]);
  });

  it('does not call it silence when the webhook is a moment behind the poller', async () => {
    await stack.buySilently();
    const instance = stack.instance({ graceMs: 60_000 });
    await instance.readSince(aMinuteAgo());
    await instance.watch();
    expect(await stack.alerts()).toEqual([]);
  });
});

describe('a database and a key of different modes', () => {
  it('are refused at the start, in words that say what to do', async () => {
    await stack.buySilently();
    await stack.instance().readSince(aMinuteAgo());
    const pool = stack.poolAs('fulfillment_worker');
    await expect(refuseOtherMode(pool, false)).resolves.toBeUndefined();
    await expect(refuseOtherMode(pool, true)).rejects.toMatchObject({
      message: 'STRIPE_SECRET_KEY is of live mode, but the database holds payments of test mode.',
      details: [expect.stringContaining('Use a key of test mode'), expect.any(String)],
    });
  });
});
