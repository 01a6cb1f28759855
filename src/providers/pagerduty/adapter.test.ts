import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { routingKey, startPagerDuty } from '../../../test/vendors/pagerDuty.ts';
import type { AlertNotice } from '../../ports/alertDelivery.ts';
import { createPagerDuty } from './adapter.ts';

let pagerDuty: Awaited<ReturnType<typeof startPagerDuty>>;
beforeAll(async () => {
  pagerDuty = await startPagerDuty();
});
afterEach(() => pagerDuty.reset());
afterAll(() => pagerDuty.stop());

const never = new AbortController().signal;
const notice = (fields: Partial<AlertNotice> = {}): AlertNotice => ({
  kind: 'opened',
  key: 'fulfillment:job_beyond_sla:',
  rule: 'job_beyond_sla',
  severity: 'page',
  summary: '[production] 2 jobs are past the deadline.',
  at: new Date('2026-11-24T12:00:00Z'),
  details: { alert: 'a1', job: 'j1' },
  links: [{ href: 'https://api.books.example/ops/alerts/a1', text: 'Alert' }],
  reference: null,
  ...fields,
});
const sender = (fields: { routingKey?: string; timeoutMs?: number } = {}) =>
  createPagerDuty({ routingKey, eventsUrl: pagerDuty.url, source: 'api.books.example', ...fields });

describe('telling PagerDuty', () => {
  it('opens one incident however often it is told, and ends it', async () => {
    await sender().send(notice(), never);
    await sender().send(notice(), never);
    await sender().send(notice({ kind: 'acknowledged' }), never);
    expect(pagerDuty.incidents).toMatchObject([
      {
        key: 'fulfillment:job_beyond_sla:',
        status: 'acknowledged',
        severity: 'critical',
        triggers: 2,
        payload: {
          source: 'api.books.example',
          timestamp: '2026-11-24T12:00:00.000Z',
          class: 'job_beyond_sla',
          custom_details: { alert: 'a1', job: 'j1' },
        },
        links: [{ href: 'https://api.books.example/ops/alerts/a1', text: 'Alert' }],
      },
    ]);
    await sender().send(notice({ kind: 'resolved' }), never);
    expect(pagerDuty.incidents[0]?.status).toBe('resolved');
  });

  it('tries itself out each day without calling anybody, and when asked by an incident that is over at once', async () => {
    await sender().send(notice({ kind: 'daily_test', severity: 'info' }), never);
    expect([pagerDuty.incidents, pagerDuty.changes.length]).toEqual([[], 1]);
    await sender().send(notice({ kind: 'test', severity: 'info', key: 'fulfillment:test:1' }), never);
    expect(pagerDuty.incidents).toMatchObject([{ status: 'resolved', severity: 'info' }]);
  });

  it.each([
    [
      { mode: 'answer', status: 500 },
      { kind: 'transient', reason: 'pagerduty_failed_500' },
    ],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'rate_limited', retryAfterMs: 7_000 },
    ],
    [{ mode: 'reset' }, { kind: 'transient', reason: 'pagerduty_connection_lost' }],
    [{ mode: 'garbage' }, { kind: 'transient' }],
    [
      { mode: 'answer', status: 202, text: 'fine' },
      { kind: 'transient', reason: 'pagerduty_failed_202' },
    ],
  ] as const)('says what became of it at %o', async (down, fault) => {
    pagerDuty.be(down);
    await expect(sender().send(notice(), never)).rejects.toMatchObject({ name: 'Fault', ...fault });
  });

  it('says that somebody must look where the key is not known, and never the key', async () => {
    const told = sender({ routingKey: 'x'.repeat(32) }).send(notice(), never);
    await expect(told).rejects.toMatchObject({ kind: 'needs_human', reason: 'pagerduty_refused_400' });
    await expect(told).rejects.not.toThrow(/xxxx/);
  });

  it('gives up waiting for an answer', async () => {
    pagerDuty.be({ mode: 'hang' });
    await expect(sender({ timeoutMs: 80 }).send(notice(), never)).rejects.toMatchObject({
      reason: 'pagerduty_timeout',
    });
  });
});
