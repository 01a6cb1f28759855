import { afterEach, describe, expect, it } from 'vitest';
import type { Lease } from '../../ports/jobStore.ts';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { keepExtending, type ExtendingOptions, type LeaseReport } from './keepExtending.ts';
import { leaseTableMemory, ownLeaseTable, readLeaseTable, type TabledLease } from './leaseTable.ts';

const leaseMs = 15_000;
const jobId = (n: number) => `0190a1b2-c3d4-7e5f-8a9b-${String(n).padStart(12, '0')}`;
const stops: Array<() => void> = [];

afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** The loop on a clock that stands still, with an owner that is alive unless the test says otherwise. */
async function start(changes: Partial<ExtendingOptions> = {}) {
  const clock = createManualClock();
  const memory = leaseTableMemory();
  const own = ownLeaseTable(memory);
  const asked: Array<{ atMs: number; tokens: bigint[] }> = [];
  const told: LeaseReport[] = [];
  const beats: number[] = [];
  const stopped = new AbortController();
  stops.push(() => stopped.abort());
  let ownerLives = true;
  own.signOfLife(0);

  void keepExtending(
    {
      table: readLeaseTable(memory),
      clock,
      leaseMs,
      hungAfterMs: 60_000,
      extend: async (leases) => ({ extended: new Set(leases), busy: new Set() }),
      beat: async () => void beats.push(clock.elapsedMs()),
      tell: (report) => told.push(report),
      ...changes,
      ...(changes.extend && {
        extend: (leases: TabledLease[]) => {
          asked.push({ atMs: clock.elapsedMs(), tokens: leases.map(({ token }) => token) });
          return changes.extend?.(leases) ?? Promise.reject(new Error('not given'));
        },
      }),
    },
    stopped.signal,
  );

  await clock.advance(0);
  return {
    own,
    keep: (lease: Lease) => own.keep(lease, clock.elapsedMs()),
    asked,
    told,
    beats,
    ownerDies: () => (ownerLives = false),
    ownerWakes: () => (ownerLives = true),
    async pass(ms: number) {
      for (let leftMs = ms; leftMs > 0; leftMs -= 250) {
        await clock.advance(Math.min(250, leftMs));
        if (ownerLives) own.signOfLife(clock.elapsedMs());
      }
    },
  };
}

const all = async (leases: TabledLease[]) => ({ extended: new Set(leases), busy: new Set<TabledLease>() });

describe('extending leases', () => {
  it('happens three times per lease for all of them at once, and not at all when none is held', async () => {
    const one = await start({ extend: all });
    await one.pass(60_000);
    expect(one.asked).toEqual([]);
    const at = one.keep({ jobId: jobId(1), token: 1n });
    one.keep({ jobId: jobId(2), token: 2n });
    await one.pass(15_000);
    expect(one.asked).toEqual([65_000, 70_000, 75_000].map((atMs) => ({ atMs, tokens: [1n, 2n] })));
    expect(one.own.extendedUntilMs(at)).toBe(75_000 + 0.75 * leaseMs);
  });

  it('is certain from when it was asked for, not from when the answer came', async () => {
    const answers: Array<() => void> = [];
    const one = await start({
      extend: (leases) =>
        new Promise((resolve) => answers.push(() => resolve({ extended: new Set(leases), busy: new Set() }))),
    });
    const at = one.keep({ jobId: jobId(1), token: 1n });
    await one.pass(7_000);
    answers.forEach((answer) => answer());
    await one.pass(1);
    expect(one.own.extendedUntilMs(at)).toBe(5_000 + 0.75 * leaseMs);
  });

  it('tells of leases that are lost, and leaves the others theirs', async () => {
    const one = await start({
      extend: async (leases) => ({
        extended: new Set(leases.filter(({ token }) => token === 1n)),
        busy: new Set(),
      }),
    });
    const kept = one.keep({ jobId: jobId(1), token: 1n });
    const lost = one.keep({ jobId: jobId(2), token: 2n });
    await one.pass(5_000);
    expect(one.told).toEqual([{ kind: 'lost', leases: [lost] }]);
    expect([kept, lost].map((at) => one.own.extendedUntilMs(at))).toEqual([
      5_000 + 0.75 * leaseMs,
      undefined,
    ]);
  });

  it('comes back soon for a lease whose row was locked, and neither extends it nor calls it lost', async () => {
    const one = await start({ extend: async (leases) => ({ extended: new Set(), busy: new Set(leases) }) });
    const at = one.keep({ jobId: jobId(1), token: 1n });
    await one.pass(6_000);
    expect(one.asked.map(({ atMs }) => atMs)).toEqual([5_000, 5_750]);
    expect(one.own.extendedUntilMs(at)).toBeUndefined();
    expect(one.told).toEqual([]);
  });

  it('is tried again soon when the database does not answer, and an outage is told now and then', async () => {
    const one = await start({ extend: async () => Promise.reject(new TypeError('secret')) });
    one.keep({ jobId: jobId(1), token: 1n });
    await one.pass(15_000);
    expect(one.asked.length).toBeGreaterThan(10);
    expect(one.told).toEqual(
      Array.from({ length: 2 }, () => ({ kind: 'trouble', during: 'extend', error: 'TypeError' })),
    );
  });

  it('ends when the process gives no sign of life for too long, and begins again when it does', async () => {
    const one = await start({ extend: all });
    one.keep({ jobId: jobId(1), token: 1n });
    await one.pass(5_000);
    one.ownerDies();
    await one.pass(115_000);
    expect(one.asked.at(-1)?.atMs).toBeLessThanOrEqual(65_000);
    expect(one.told).toEqual([{ kind: 'hung', silentMs: expect.any(Number) }]);
    expect(one.beats.at(-1)).toBeLessThanOrEqual(65_000);
    one.ownerWakes();
    await one.pass(6_000);
    expect(one.asked.at(-1)?.atMs).toBeGreaterThan(120_000);
    expect(one.told).toHaveLength(1);
  });
});

describe('signs of life', () => {
  it('are given at once and then every fifteen seconds, whatever becomes of them', async () => {
    const one = await start();
    await one.pass(46_000);
    expect(one.beats).toEqual([0, 15_000, 30_000, 45_000]);
    const troubled = await start({ beat: () => Promise.reject(new Error('no')) });
    await troubled.pass(16_000);
    expect(troubled.told).toMatchObject([{ during: 'beat' }, { during: 'beat' }]);
  });
});
