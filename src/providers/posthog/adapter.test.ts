import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { startPostHogVendor } from '../../../test/vendors/posthog.ts';
import type { Analytics, AnalyticsEvent } from '../../ports/analytics.ts';
import { createPostHogAnalytics } from './adapter.ts';

const never = new AbortController().signal;
const event: AnalyticsEvent = {
  id: 'purchase.fulfilled:7K3M-Q9XT-4BVD',
  name: 'purchase.fulfilled',
  occurredAt: new Date('2026-11-22T10:00:00Z'),
  revenue: { amount: '49.00', currency: 'pln' },
  properties: { order_id: '7K3M-Q9XT-4BVD', products: 'ink', items: '1' },
};

const analyticsAt = (host: string, timeoutMs = 5_000): Analytics =>
  createPostHogAnalytics({ host, projectKey: 'phc_project', timeoutMs });

describe('sending an event to PostHog', () => {
  it('posts it as the capture API wants it, about no person', async () => {
    const vendor = await startPostHogVendor();
    try {
      await analyticsAt(vendor.url).track(event, never);
      expect(vendor.received).toEqual([
        {
          api_key: 'phc_project',
          event: 'purchase.fulfilled',
          distinct_id: '7K3M-Q9XT-4BVD',
          uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          timestamp: '2026-11-22T10:00:00.000Z',
          properties: {
            order_id: '7K3M-Q9XT-4BVD',
            products: 'ink',
            items: '1',
            event_id: 'purchase.fulfilled:7K3M-Q9XT-4BVD',
            revenue: 49,
            currency: 'PLN',
            $process_person_profile: false,
            $geoip_disable: true,
          },
        },
      ]);
    } finally {
      await vendor.stop();
    }
  });

  it('is counted once, however often it is repeated', async () => {
    const vendor = await startPostHogVendor();
    try {
      vendor.loseAnswers(2);
      const analytics = analyticsAt(vendor.url);
      for (const _lost of [1, 2])
        await expect(analytics.track(event, never)).rejects.toMatchObject({ kind: 'unknown_effect' });
      await analytics.track(event, never);
      await analytics.track({ ...event, id: 'purchase.fulfilled:another' }, never);
      expect(vendor.received).toHaveLength(4);
      expect(vendor.merged()).toHaveLength(2);
    } finally {
      await vendor.stop();
    }
  });

  it('is told that a key is none', async () => {
    const vendor = await startPostHogVendor();
    try {
      const analytics = createPostHogAnalytics({
        host: vendor.url,
        projectKey: 'phx_personal',
        timeoutMs: 2_000,
      });
      await expect(analytics.track(event, never)).rejects.toMatchObject({ reason: 'posthog_credentials' });
    } finally {
      await vendor.stop();
    }
  });
});

describe('the answer of PostHog', () => {
  let server: FaultHttp;
  beforeAll(async () => {
    server = await startFaultHttp();
  });
  afterEach(() => server.reset());
  afterAll(() => server.stop());

  it.each<HttpBehaviour>([
    { mode: 'answer', json: { status: 1 } },
    { mode: 'answer', json: { status: 'Ok' } },
    { mode: 'answer', json: { status: 1, quota_limited: ['recordings'] } },
  ])('is good as %o', async (behaviour) => {
    server.script(behaviour);
    await analyticsAt(`${server.url}/proxied`).track(event, never);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /proxied/i/v0/e/']);
  });

  it.each<[HttpBehaviour, object]>([
    [
      { mode: 'answer', json: { status: 1, quota_limited: ['events'] } },
      { kind: 'needs_human', reason: 'analytics_quota_exceeded' },
    ],
    [
      { mode: 'answer', json: {} },
      { kind: 'needs_human', reason: 'analytics_misconfigured' },
    ],
    [
      { mode: 'answer', text: '<html>' },
      { kind: 'needs_human', reason: 'analytics_misconfigured' },
    ],
    [{ mode: 'answer', status: 400 }, { kind: 'permanent' }],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '2' } },
      { kind: 'rate_limited', retryAfterMs: 2_000 },
    ],
    [{ mode: 'answer', status: 503 }, { kind: 'transient' }],
    [{ mode: 'reset' }, { kind: 'unknown_effect' }],
    [{ mode: 'redirect', to: '/' }, { kind: 'needs_human' }],
    [{ mode: 'huge', sizeBytes: 100_000 }, { kind: 'needs_human' }],
  ])('is %o: it has sent once and says %o', async (behaviour, expected) => {
    server.script(behaviour);
    await expect(analyticsAt(server.url).track(event, never)).rejects.toMatchObject({
      name: 'Fault',
      provider: 'posthog',
      ...expected,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('is waited for no longer than it may take', async () => {
    server.otherwise(() => ({ mode: 'hang' }));
    await expect(analyticsAt(server.url, 80).track(event, never)).rejects.toMatchObject({
      kind: 'unknown_effect',
      reason: 'analytics_answer_lost',
    });
  });
});

describe('the options of PostHog', () => {
  it.each([
    { host: 'http://posthog.example' },
    { host: 'https://user:secret@posthog.example' },
    { host: 'posthog' },
    { projectKey: '' },
    { projectKey: 'phc secret' },
  ])('cannot be %j', (fields) => {
    const create = () =>
      createPostHogAnalytics({
        host: 'https://eu.i.posthog.com',
        projectKey: 'phc_1',
        timeoutMs: 1,
        ...fields,
      });
    expect(create).toThrow(TypeError);
    expect(create).not.toThrow(/secret/);
  });
});
