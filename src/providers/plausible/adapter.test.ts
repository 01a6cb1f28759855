import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Analytics, AnalyticsEvent } from '../../ports/analytics.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { createPlausibleAnalytics } from './adapter.ts';

const never = new AbortController().signal;
const event: AnalyticsEvent = {
  id: 'purchase.fulfilled:7K3M-Q9XT-4BVD',
  name: 'purchase.fulfilled',
  occurredAt: new Date('2026-11-22T10:00:00Z'),
  revenue: { amount: '49.00', currency: 'pln' },
  properties: { lines: '1' },
};

let server: FaultHttp;
const analyticsOf = (timeoutMs: number): Analytics =>
  createPlausibleAnalytics({
    apiUrl: `${server.url}/api/event`,
    domain: 'shop.example',
    userAgent: 'Shop/1',
    timeoutMs,
  });

beforeAll(async () => {
  server = await startFaultHttp();
});
afterEach(() => server.reset());
afterAll(() => server.stop());

describe('sending an event to Plausible', () => {
  it('posts it in the form of the events API, with its stable id', async () => {
    server.script({ mode: 'answer', status: 202, text: 'ok' });
    await analyticsOf(2_000).track(event, never);
    const [request] = server.requests;
    expect([request?.method, request?.path]).toEqual(['POST', '/api/event']);
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Shop/1' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      name: 'purchase.fulfilled',
      domain: 'shop.example',
      url: 'https://shop.example/fulfillment/purchase.fulfilled',
      props: { lines: '1', event_id: 'purchase.fulfilled:7K3M-Q9XT-4BVD' },
      revenue: { amount: '49.00', currency: 'PLN' },
      interactive: false,
    });
  });

  it('sends an event that brings no money without a revenue', async () => {
    server.script({ mode: 'answer', status: 202, text: 'ok' });
    const { revenue: _none, ...free } = event;
    await analyticsOf(2_000).track({ ...free, name: 'entitlement.download' }, never);
    expect(JSON.parse(server.requests[0]?.body ?? '')).not.toHaveProperty('revenue');
  });

  it.each<[HttpBehaviour, object]>([
    [
      { mode: 'answer', status: 202, text: 'ok', headers: { 'x-plausible-dropped': '1' } },
      { kind: 'needs_human', reason: 'analytics_dropped' },
    ],
    [{ mode: 'answer', status: 400 }, { kind: 'permanent' }],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '2' } },
      { kind: 'rate_limited', retryAfterMs: 2_000 },
    ],
    [{ mode: 'answer', status: 500 }, { kind: 'transient' }],
    [{ mode: 'reset' }, { kind: 'unknown_effect' }],
    [{ mode: 'redirect', to: '/' }, { kind: 'needs_human' }],
    [{ mode: 'huge', sizeBytes: 100_000 }, { kind: 'needs_human' }],
  ])('sends once and says at %o: %o', async (behaviour, expected) => {
    server.script(behaviour);
    await expect(analyticsOf(5_000).track(event, never)).rejects.toMatchObject({
      name: 'Fault',
      ...expected,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('does not know what became of the event when no answer comes in time', async () => {
    server.otherwise(() => ({ mode: 'hang' }));
    await expect(analyticsOf(80).track(event, never)).rejects.toMatchObject({
      kind: 'unknown_effect',
      reason: 'analytics_answer_lost',
    });
  });
});
