import { expect, it } from 'vitest';
import { runOperators } from '../../../../test/builders/commandLine.ts';

const latency = { p50: 2.345, p95: 41.2, p99: 310 };
const report = {
  from: '2026-11-01',
  to: '2026-11-30',
  objective: 0.999,
  kept: false,
  ...{ orders: 1_010, met: 1_002, breached: 3, running: 4, cancelled: 1, share: 0.997015, latency },
  budget: { allowed: 1.005, left: -1.995, leftShare: -1.985 },
  failures: [{ step: 'email', reason: 'mailbox_refused', failures: 2 }],
  worst: [
    {
      jobId: '019ab3c4-5d6e-7f80-91a2-b3c4d5e6f708',
      ...{ state: 'failed', waitedSeconds: 90_061, step: 'email', reason: 'mailbox_refused' },
    },
  ],
  days: [
    {
      day: '2026-11-01',
      orders: 1_010,
      met: 1_002,
      breached: 3,
      running: 4,
      cancelled: 1,
      share: 0.997015,
      latency,
    },
  ],
};
const nothing = { p50: null, p95: null, p99: null };

it('tells what was in time, what was not and where to look', async () => {
  const shown = await runOperators('sla report --month 2026-11', {
    operations: { 'sla:report': report },
    columns: 100,
  });
  expect(shown.code).toBe(0);
  expect(shown.out).toMatchInlineSnapshot(`
    "The objective is missed. 2026-11-01 to 2026-11-30, UTC

    1010 orders: 1002 in time, 3 late, 4 running, 1 cancelled
    99.701 % in time, of 99.9 % that are to be
    1.005 may be late: 1.995 too many were
    half took at most 2.3s, 95 % 41.2s, 99 % 5m 10s

    Failures
    TIMES  STEP   REASON
        2  email  mailbox_refused

    Latest of all
    JOB                                   STATE    TOOK  WHY
    019ab3c4-5d6e-7f80-91a2-b3c4d5e6f708  failed  1d 1h  email: mailbox_refused

    Days
    DAY         ORDERS  LATE   IN TIME   P50    P95     P99
    2026-11-01    1010     3  99.701 %  2.3s  41.2s  5m 10s
    "
  `);
  expect(shown.err).toContain('fulfillment orders show 019ab3c4-5d6e-7f80-91a2-b3c4d5e6f708');
});

it('says so when there is nothing to tell', async () => {
  const none = { orders: 0, met: 0, breached: 0, running: 0, cancelled: 0, share: null, latency: nothing };
  const shown = await runOperators('sla report', {
    operations: {
      'sla:report': {
        ...report,
        ...none,
        ...{ kept: true, failures: [], worst: [], days: [] },
        budget: { allowed: 0, left: 0, leftShare: null },
      },
    },
  });
  expect(shown.out).toMatchInlineSnapshot(`
    "The objective is kept. 2026-11-01 to 2026-11-30, UTC

    No orders.
    "
  `);
});
