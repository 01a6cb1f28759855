import { describe, expect, it } from 'vitest';
import { type AskedOperation, runOperators } from '../../../test/builders/commandLine.ts';
import { shownOrder } from '../../../test/builders/shownOrder.ts';

const never = () => new Promise<object>(() => undefined);

describe('Ctrl-C', () => {
  it('while a change is under way ends with 130 at once, and says how to find out', async () => {
    const operations = {
      'mail:resume': (_asked: AskedOperation, interrupt: () => void) => {
        interrupt();
        return never();
      },
    };
    const ran = await runOperators('mail resume --yes --request-id mine', { operations });
    expect(ran).toMatchObject({ code: 130, out: '', closed: 1 });
    expect(ran.err).toBe(
      'Interrupted.\nIt may have been done, or not. The same again with --request-id mine does it once.\n',
    );
  });

  it('while an order is waited for says where to look', async () => {
    let looks = 0;
    const operations = {
      'orders:show': (_asked: AskedOperation, interrupt: () => void) => {
        looks += 1;
        if (looks < 3) return shownOrder({ state: 'open' });
        interrupt();
        return never();
      },
      'job:retry': { jobId: 'job-1', version: 8, state: 'open', retried: ['email'] },
    };
    const ran = await runOperators('orders retry job-1 --yes --wait', { operations });
    expect(ran.code).toBe(130);
    expect(ran.err).toContain('It goes on without you. To look: fulfillment orders show job-1');
  });

  it('ends a look that is repeated', async () => {
    let looks = 0;
    const ok = { ok: true };
    const status = {
      ok: true,
      at: '2026-11-22T10:00:00.000Z',
      pending: {
        ...ok,
        slaSeconds: 300,
        oldestAgeSeconds: null,
        oldestJobId: null,
        beyondSla: 0,
        blocked: 0,
        held: 0,
      },
      failures: { ...ok, lastHour: 0, max: 3 },
      workers: { ...ok, alive: 2, lastSeenAt: '2026-11-22T09:59:58.000Z' },
      providers: { ok: false, paused: [], ill: ['smtp'] },
      mail: {
        ok: false,
        state: 'ill',
        pausedUntil: null,
        heldBy: null,
        heldSince: null,
        heldMails: 0,
      },
      webhooks: { ...ok, lastReceivedAt: null, quarantined: 0 },
      upkeep: { ...ok, lastDoneAt: null },
      alerts: { ...ok, page: 0, ticket: 1, acknowledged: 0 },
    };
    const operations = {
      'status:show': (_asked: AskedOperation, interrupt: () => void) => {
        looks += 1;
        if (looks === 3) interrupt();
        return looks === 2
          ? { ...status, ok: false, pending: { ...status.pending, ok: false, beyondSla: 2 } }
          : status;
      },
    };
    const ran = await runOperators('status --watch', { operations });
    expect({ code: ran.code, looks }).toEqual({ code: 130, looks: 3 });
    expect(ran.sleptMs.slice(0, 2)).toEqual([5_000, 5_000]);
    expect(ran.out).toMatchSnapshot();
  });
});
