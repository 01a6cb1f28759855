import { assert, constantFrom, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Circuit,
  type CircuitReport,
  circuitRule,
  type CircuitState,
  judge,
  openForMs,
  type ProbeResult,
  signOf,
  spareForMs,
  startProbe,
} from './circuit.ts';
import { Fault, faultKinds } from './fault.ts';

const start = new Date('2026-11-22T10:00:00Z');
const after = (ms: number, from = start) => new Date(from.getTime() + ms);
const well: Circuit = {
  state: 'closed',
  generation: 3,
  successes: 0,
  failures: 0,
  windowStartedAt: start,
  failuresInARow: 0,
  rowStartedAt: null,
  openings: 0,
  retryAt: null,
  sparedUntil: null,
};
const report = (fields: Partial<CircuitReport> = {}): CircuitReport => ({
  generation: 3,
  successes: 0,
  failures: 0,
  failuresInARow: fields.failures ?? 0,
  probe: null,
  ...fields,
});
const ill = judge(well, report({ failures: 5 }), start, 0);

describe('a closed circuit', () => {
  it('opens at five failures that are half of all calls', () => {
    expect(judge(well, report({ failures: 4 }), start, 0).state).toBe('closed');
    expect(judge(well, report({ failures: 5, successes: 6 }), start, 0).state).toBe('closed');
    expect(judge(well, report({ failures: 5, successes: 5 }), start, 0)).toMatchObject({
      state: 'open',
      generation: 4,
      openings: 1,
      failures: 5,
    });
  });

  it('adds up what many workers tell within one window, and forgets what is older', () => {
    const some = judge(well, report({ failures: 3, successes: 1, failuresInARow: 0 }), after(1_000), 0);
    expect(judge(some, report({ failures: 2 }), after(29_999), 0).state).toBe('open');
    const fresh = judge(some, report({ failures: 2 }), after(30_000), 0);
    expect(fresh).toMatchObject({
      state: 'closed',
      failures: 2,
      successes: 0,
      windowStartedAt: after(30_000),
    });
  });

  /** One report after the other, so many seconds after the start: failures, successes, and failures after the last one. */
  const told = (
    ...reports: Array<[seconds: number, failures: number, successes?: number, inARow?: number]>
  ) =>
    reports.reduce(
      (circuit, [seconds, failures, successes = 0, failuresInARow = failures]) =>
        judge(circuit, report({ failures, successes, failuresInARow }), after(seconds * 1_000), 0),
      well,
    );

  it.each<[string, CircuitState, Circuit]>([
    ['three in a row, a minute apart', 'open', told([0, 1], [60, 1], [120, 1])],
    ['three in a row, seven minutes apart', 'open', told([0, 1], [420, 1], [840, 1])],
    ['two in a row', 'closed', told([0, 1], [60, 1])],
    [
      'three in a row of which the last came after a quarter of an hour',
      'closed',
      told([0, 1], [60, 1], [900, 1]),
    ],
    ['three in one moment', 'closed', told([0, 2], [9, 1])],
    ['three in one moment, and then one more', 'open', told([0, 3], [10, 1])],
    ['three with a success in between', 'closed', told([0, 1], [60, 1], [70, 0, 1], [120, 1])],
    ['three with a success among what is told last', 'closed', told([0, 1], [60, 1], [120, 2, 1, 1])],
    ['three since a success that was told with the first', 'open', told([0, 2, 1, 1], [60, 1], [120, 1])],
    ['three, and a report of nothing', 'open', told([0, 2], [60, 0], [120, 1])],
  ])('when few calls are made, after %s: it is %s', (_what, state, circuit) => {
    expect(circuit.state).toBe(state);
  });

  it('does not count what began before it closed', () => {
    expect(judge(well, report({ generation: 2, failures: 50 }), start, 0)).toEqual(well);
  });
});

describe('an open circuit', () => {
  it('is open for five seconds at most, and twice as long each time, up to a minute', () => {
    const ceilings = [5, 10, 20, 40, 60, 60].map((seconds) => seconds * 1_000);
    for (const [index, ceiling] of ceilings.entries()) {
      expect(openForMs(index + 1, 0)).toBe(ceiling * 0.75);
      expect(openForMs(index + 1, 0.999)).toBeLessThan(ceiling);
    }
  });

  it('lets one try when its time has come, and another only when that one took too long', () => {
    const dueAt = ill.retryAt ?? start;
    expect(startProbe(ill, after(-1, dueAt))).toBeUndefined();
    const trying = startProbe(ill, dueAt);
    expect(trying).toMatchObject({ state: 'half_open', generation: 5 });
    if (!trying) return;
    expect(startProbe(trying, after(circuitRule.probeMs - 1, dueAt))).toBeUndefined();
    expect(startProbe(trying, after(circuitRule.probeMs, dueAt))?.generation).toBe(6);
  });

  it('closes at the first success of a probe, however late, and stays open longer at each failure', () => {
    const dueAt = ill.retryAt ?? start;
    const trying = startProbe(ill, dueAt) ?? ill;
    const failed = judge(trying, report({ generation: 5, probe: 'failed' }), dueAt, 0);
    expect(failed).toMatchObject({ state: 'open', generation: 6, openings: 2, retryAt: after(7_500, dueAt) });
    const late = judge(failed, report({ generation: 5, probe: 'succeeded' }), dueAt, 0);
    expect(late).toMatchObject({ state: 'closed', openings: 0, failures: 0, retryAt: null });
    // The failure of one that was given up says nothing any more.
    expect(judge(failed, report({ generation: 5, probe: 'failed' }), dueAt, 0)).toEqual(failed);
  });

  it('lets another try at once when a probe’s call was never made', () => {
    const dueAt = ill.retryAt ?? start;
    const trying = startProbe(ill, dueAt) ?? ill;
    const released = judge(trying, report({ generation: 5, probe: 'released' }), after(10, dueAt), 0);
    expect(startProbe(released, after(10, dueAt))).toBeDefined();
  });
});

describe('a circuit that is not closed', () => {
  it('is spared by calls that may go elsewhere, for longer at each opening, up to a quarter of an hour', () => {
    expect([1, 2, 3, 9].map((openings) => spareForMs(openings) / 60_000)).toEqual([5, 10, 15, 15]);
    expect(ill.sparedUntil).toEqual(after(5 * 60_000));
    const trying = startProbe(ill, after(60_000)) ?? ill;
    const failed = judge(trying, report({ generation: 5, probe: 'failed' }), after(60_000), 0);
    expect(failed.sparedUntil).toEqual(after(11 * 60_000));
    const closed = judge(failed, report({ generation: 5, probe: 'succeeded' }), after(70_000), 0);
    expect(closed).toMatchObject({ sparedUntil: null, failuresInARow: 0, rowStartedAt: null });
  });

  it('has a hanging probe fail before another one may try', () => {
    expect(circuitRule.probeSilenceMs).toBeLessThan(circuitRule.probeMs);
  });
});

describe('the rule', () => {
  it('never leaves a circuit that nobody may ever try again, whatever is told of it', () => {
    assert(
      property(
        record({
          state: constantFrom<CircuitState>('closed', 'open', 'half_open'),
          failures: integer({ min: 0, max: 20 }),
          successes: integer({ min: 0, max: 20 }),
          openings: integer({ min: 0, max: 100 }),
          generation: constantFrom(2, 3),
          probe: constantFrom<ProbeResult | null>(null, 'succeeded', 'failed', 'released'),
          random: double({ min: 0, max: 0.999, noNaN: true }),
        }),
        ({ state, failures, successes, openings, generation, probe, random }) => {
          const retryAt = state === 'closed' ? null : after(1_000);
          const circuit: Circuit = { ...well, state, failures, successes, openings, retryAt };
          const next = judge(
            circuit,
            report({ generation, probe, failures: 3, successes: 1 }),
            after(500),
            random,
          );
          expect(next.state === 'closed').toBe(next.retryAt === null);
          expect(next.generation).toBe(next.state === state ? 3 : 4);
          const soonest = Math.max(circuitRule.openCapMs, circuitRule.probeMs);
          if (next.retryAt) expect(startProbe(next, after(500 + soonest))).toBeDefined();
        },
      ),
    );
  });
});

describe('what a fault tells of its provider', () => {
  it('is illness when it may pass or its outcome is unknown; a refusal is an answer', () => {
    const signs = faultKinds.map((kind) => [kind, signOf({ kind, reason: 'x', provider: 'smtp' })]);
    expect(Object.fromEntries(signs)).toEqual({
      transient: 'ill',
      unknown_effect: 'ill',
      rate_limited: 'answered',
      permanent: 'answered',
      needs_human: 'answered',
    });
  });

  it('is nothing when we called it off, or when no provider is named: that is our trouble or the database’s', () => {
    expect(signOf({ kind: 'transient', reason: 'aborted', provider: 'smtp' })).toBe('silent');
    expect(signOf(new Fault({ kind: 'transient', reason: 'database_unavailable', message: '' }))).toBe(
      'silent',
    );
  });
});
