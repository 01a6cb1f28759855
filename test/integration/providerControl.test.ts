import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Circuit, circuitRule, judge, startProbe } from '../../src/domain/circuit.ts';
import type {
  ProviderControlStore,
  ProviderReport,
  SlotAsk,
  TokenAsk,
} from '../../src/ports/providerControl.ts';
import { createProviderControlStore } from '../../src/store/providers/providerControl.ts';
import { eventually } from '../builders/engineStack.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

let pools: TestPools;
let pool: pg.Pool;
let control: ProviderControlStore;

beforeAll(async () => {
  pools = await openTestPools();
  pool = pools.poolAs('fulfillment_worker', 8);
  control = createProviderControlStore(pool);
});
beforeEach(() =>
  pools.rows(
    'truncate fulfillment.provider_circuits, fulfillment.provider_tokens, fulfillment.provider_slots',
  ),
);
afterAll(() => pools.stop());

const report = (fields: Partial<ProviderReport> = {}): ProviderReport => ({
  provider: 'smtp',
  generation: 0,
  successes: 0,
  failures: 0,
  failuresInARow: fields.failures ?? 0,
  probe: null,
  waitMs: 0,
  random: 0,
  ...fields,
});

interface Row {
  state: Circuit['state'];
  generation: number;
  successes: number;
  failures: number;
  openings: number;
  window_started_at: Date;
  failures_in_a_row: number;
  row_started_at: Date | null;
  spared_until: Date | null;
  retry_at: Date | null;
  changed_at: Date;
}

async function circuitOf(provider = 'smtp'): Promise<Circuit & { changedAt: Date }> {
  const [row] = await pools.rows<Row>('select * from fulfillment.provider_circuits where provider = $1', [
    provider,
  ]);
  if (!row) throw new Error('There is no such circuit.');
  const { state, generation, successes, failures, openings } = row;
  return {
    state,
    generation,
    successes,
    failures,
    openings,
    windowStartedAt: row.window_started_at,
    failuresInARow: row.failures_in_a_row,
    rowStartedAt: row.row_started_at,
    sparedUntil: row.spared_until,
    retryAt: row.retry_at,
    changedAt: row.changed_at,
  };
}

/** As if so much time had passed. */
const pass = (ms: number) =>
  pools.rows(
    `update fulfillment.provider_circuits
        set window_started_at = window_started_at - $1 * interval '1 millisecond',
            row_started_at = row_started_at - $1 * interval '1 millisecond',
            spared_until = spared_until - $1 * interval '1 millisecond',
            retry_at = retry_at - $1 * interval '1 millisecond'`,
    [ms],
  );

const anyReport = record({
  kind: constantFrom('report' as const),
  lag: constantFrom(0, 0, 0, 1),
  successes: integer({ min: 0, max: 6 }),
  failures: constantFrom(0, 1, 1, 2, 6),
  after: integer({ min: 0, max: 6 }),
  probe: constantFrom(null, null, 'succeeded' as const, 'failed' as const, 'released' as const),
  random: integer({ min: 0, max: 99 }).map((hundredths) => hundredths / 100),
});
const anyWait = record({
  kind: constantFrom('pass' as const),
  ms: constantFrom(500, 4_000, 15_000, 31_000, 600_000),
});
const anyProbe = record({ kind: constantFrom('probe' as const) });

const failing = {
  kind: 'report' as const,
  lag: 0 as const,
  successes: 0,
  failures: 6 as const,
  after: 0,
  probe: null,
  random: 0.5,
};
/** Through every state, for what is drawn may miss one. */
const throughAll = [
  ...[1, 2, 3].map(() => failing),
  { kind: 'pass' as const, ms: 600_000 as const },
  { kind: 'probe' as const },
  failing,
];

describe('the circuit in Postgres', () => {
  it('is judged by the very rule that stands in the domain', async () => {
    const states = new Set<string>();
    await assert(
      asyncProperty(
        array(oneof(anyReport, anyWait, anyProbe), { minLength: 5, maxLength: 25 }),
        async (acts) => {
          await pools.rows('truncate fulfillment.provider_circuits');
          await control.report([report()]);
          for (const act of acts) {
            const before = await circuitOf();
            states.add(before.state);
            if (act.kind === 'pass') await pass(act.ms);
            else if (act.kind === 'probe') {
              const { change } = await control.tryProbe('smtp');
              const after = await circuitOf();
              const expected = startProbe(before, change ? after.changedAt : new Date());
              expect(change?.change).toBe(expected ? 'half_open' : undefined);
              expectSame(after, expected ?? before);
            } else {
              const { lag, successes, failures, probe, random } = act;
              const failuresInARow = successes > 0 ? Math.min(act.after, failures) : failures;
              const counts = probe ? {} : { successes, failures, failuresInARow };
              const sent = report({ ...counts, probe, random, generation: before.generation - lag });
              const at = new Date();
              const { changes, standings } = await control.report([sent]);
              const after = await circuitOf();
              expectSame(after, judge(before, sent, at, sent.random));
              expect(changes).toHaveLength(after.generation === before.generation ? 0 : 1);
              expect(standings).toMatchObject([{ state: after.state, generation: after.generation }]);
            }
          }
        },
      ),
      { numRuns: 60, examples: [[throughAll]] },
    );
    expect([...states].toSorted()).toEqual(['closed', 'half_open', 'open']);
  });

  it('counts reports of many workers that come at one time', async () => {
    const told = await Promise.all(
      Array.from({ length: 8 }, () =>
        control.report([report({ failures: 1 }), report({ provider: 'stripe' })]),
      ),
    );
    expect(await circuitOf()).toMatchObject({ state: 'open', failures: 5, openings: 1 });
    expect(told.flatMap(({ changes }) => changes)).toEqual([
      { provider: 'smtp', change: 'opened', failures: 5, successes: 0, openings: 1 },
    ]);
  });

  it('gives the right to try it to one of many', async () => {
    await control.report([report({ failures: 5 })]);
    expect((await control.tryProbe('smtp')).change).toBeUndefined();
    await pass(5_000);
    const tries = await Promise.all(Array.from({ length: 8 }, () => control.tryProbe('smtp')));
    expect(tries.filter(({ change }) => change)).toHaveLength(1);
    await pass(circuitRule.probeMs);
    expect((await control.tryProbe('smtp')).change).toBeDefined();
  });

  it('is nobody’s to try while it is paused', async () => {
    await control.report([report({ failures: 5 })]);
    await pass(5_000);
    await pools.rows(
      `update fulfillment.provider_circuits set paused_at = clock_timestamp(), paused_by = 'ann', pause_reason = 'r',
              paused_until = clock_timestamp() + interval '1 minute'`,
    );
    const { change, standing } = await control.tryProbe('smtp');
    expect(change).toBeUndefined();
    expect(standing?.pausedForMs).toBeGreaterThan(50_000);
  });

  it('keeps the longest wish to be left alone', async () => {
    await control.report([report({ waitMs: 20_000 })]);
    await control.report([report({ waitMs: 5_000 })]);
    const [standing] = await control.read(['smtp', 'nobody']);
    expect(standing?.waitForMs).toBeGreaterThan(15_000);
    expect(standing?.waitForMs).toBeLessThanOrEqual(20_000);
  });
});

/** The same in everything that is counted, and in time but for the moment that lies between two readings. */
function expectSame(seen: Circuit, expected: Circuit): void {
  const { state, generation, successes, failures, failuresInARow, openings } = expected;
  expect(seen).toMatchObject({ state, generation, successes, failures, failuresInARow, openings });
  for (const time of ['windowStartedAt', 'rowStartedAt', 'retryAt', 'sparedUntil'] as const) {
    expect(seen[time] === null, time).toBe(expected[time] === null);
    expect(Math.abs(Number(seen[time]) - Number(expected[time])), time).toBeLessThan(1_000);
  }
}

const tokenAsk = (fields: Partial<TokenAsk> = {}): TokenAsk => ({
  provider: 'smtp',
  wanted: 1,
  keeps: 0,
  ratePerSecond: 10,
  burst: 5,
  ...fields,
});
/** As if tokens had dripped for so long. */
const drip = (ms: number) =>
  pools.rows(
    `update fulfillment.provider_tokens set filled_at = filled_at - $1 * interval '1 millisecond',
            line_until = line_until - $1 * interval '1 millisecond'`,
    [ms],
  );

describe('the token bucket in Postgres', () => {
  it('is full at first, then gives as many as have come, and never more than the burst', async () => {
    const granted = async (wanted: number) => (await control.takeTokens([tokenAsk({ wanted })]))[0]?.granted;
    expect(await granted(9)).toBe(5);
    await drip(300);
    expect(await granted(9)).toBe(3);
    await drip(60_000);
    expect(await granted(9)).toBe(5);
  });

  it('gives each token once, however many ask at one time', async () => {
    const grants = await Promise.all(
      Array.from({ length: 20 }, () =>
        control.takeTokens([tokenAsk({ ratePerSecond: 0.001 }), tokenAsk({ provider: 'a' })]),
      ),
    );
    const ofSmtp = grants.flat().filter(({ provider }) => provider === 'smtp');
    expect(ofSmtp.reduce((sum, { granted }) => sum + granted, 0)).toBe(5);
  });

  it('gives those who leave places in a line, one token apart, behind those who stay and who left before', async () => {
    await control.takeTokens([tokenAsk({ wanted: 5 })]);
    const [first] = await control.takeTokens([tokenAsk({ wanted: 12, keeps: 2 })]);
    expect(first?.granted).toBe(0);
    expect(first?.nextInMs).toBeGreaterThan(0);
    expect(first?.nextInMs).toBeLessThanOrEqual(100);
    expect(first?.lineInMs).toBeGreaterThan(200);
    expect(first?.lineInMs).toBeLessThanOrEqual(300);
    const [second] = await control.takeTokens([tokenAsk({ wanted: 1 })]);
    expect(second?.lineInMs).toBeGreaterThan(1_100);
    expect(second?.lineInMs).toBeLessThanOrEqual(1_300);
  });

  it('makes nobody wait in line for more than a minute', async () => {
    await control.takeTokens([tokenAsk({ wanted: 10_000 })]);
    const [grant] = await control.takeTokens([tokenAsk({ wanted: 1 })]);
    expect(grant?.lineInMs).toBeGreaterThan(55_000);
    expect(grant?.lineInMs).toBeLessThanOrEqual(60_000);
  });
});

const slotAsk = (fields: Partial<SlotAsk> = {}): SlotAsk => ({
  provider: 'smtp',
  concurrencyMax: 4,
  inUse: 0,
  wanted: 9,
  ...fields,
});
const share = async (worker: string, fields: Partial<SlotAsk> = {}) =>
  (await control.shareSlots(worker, 10_000, [slotAsk(fields)]))[0]?.allowed;

describe('the slots in Postgres', () => {
  it('are all for one who is alone, and shared as soon as another comes', async () => {
    expect(await share('a')).toBe(4);
    expect(await share('b')).toBe(0);
    // The first one's calls are not cut off; as they end it gives way.
    expect(await share('a', { inUse: 4 })).toBe(2);
    expect(await share('b')).toBe(0);
    expect(await share('a', { inUse: 2 })).toBe(2);
    expect(await share('b')).toBe(2);
  });

  it('are left to others by those who want fewer', async () => {
    await share('a', { wanted: 1 });
    expect(await share('b')).toBe(3);
  });

  it('come back when their holder says so, or when it says nothing for too long', async () => {
    await share('a');
    await share('a', { wanted: 0 });
    expect(await share('b')).toBe(4);
    await pools.rows(`update fulfillment.provider_slots set expires_at = clock_timestamp()`);
    expect(await share('c')).toBe(4);
    expect(await pools.rows('select worker from fulfillment.provider_slots')).toEqual([{ worker: 'c' }]);
  });

  it('are never given twice, however many ask at one time', async () => {
    for (let round = 0; round < 10; round += 1) {
      await pools.rows('truncate fulfillment.provider_slots');
      const shares = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((worker) => share(worker)));
      expect(shares.reduce<number>((sum, allowed) => sum + (allowed ?? 0), 0)).toBeLessThanOrEqual(4);
    }
  });

  it('go round when there are fewer than workers that want one', async () => {
    const holders = new Set<string>();
    await eventually(async () => {
      for (const worker of ['a', 'b', 'a', 'b'])
        if (((await share(worker, { concurrencyMax: 1, inUse: 0 })) ?? 0) > 0) holders.add(worker);
      return holders.size === 2;
    });
  });
});
