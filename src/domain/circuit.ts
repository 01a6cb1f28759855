import type { Fault } from './fault.ts';

/**
 * - `closed`: the provider is well, calls go through.
 * - `open`: it is ill; no call until `retryAt`.
 * - `half_open`: one call is trying it, until `retryAt` at the longest.
 */
export const circuitStates = ['closed', 'open', 'half_open'] as const;
export type CircuitState = (typeof circuitStates)[number];

/**
 * The breaker's rule. It is decided in SQL under the lock of the provider's row, by the database's clock, so that all
 * workers agree; `judge` and `startProbe` below say the same in words a test can compare it with.
 */
export const circuitRule = {
  /** Outcomes are counted for this long, then afresh. */
  windowMs: 30_000,
  /** It opens at so many failures in one window, when they are at least this share of all calls. */
  failuresMin: 5,
  failureShareMin: 0.5,
  /** From so many failures on, workers tell their successes too; a lone failure is nothing to talk about. */
  countingMin: 3,
  /** It opens too at so many failures with no success in between, in a span of at least and at most so long. */
  rowMin: 3,
  // What breaks off in one moment is one failure, and the successes of other workers take a second to be told.
  rowSpanMinMs: 10_000,
  rowSpanMaxMs: 15 * 60_000,
  /** A call that goes without an answer is a failure after so long, and one more after as long again. */
  silenceMs: 30_000,
  /** How long it stays open the first time; each opening without a success in between doubles it, up to the cap. */
  openBaseMs: 5_000,
  // A minute, not more: when a provider is back, its last waiting order must still meet an SLA of five.
  openCapMs: 60_000,
  /** How long one probe keeps all others waiting. A call may take longer; the next probe need not wait for it. */
  probeMs: 20_000,
  /** After so long without an answer a probe has failed: before the next one may try. */
  probeSilenceMs: 15_000,
  /** How long calls that may go elsewhere leave it to others to try it; so much more at each opening, up to the cap. */
  spareBaseMs: 5 * 60_000,
  spareCapMs: 15 * 60_000,
} as const;

export interface Circuit {
  state: CircuitState;
  /** Grows with every change of state. */
  generation: number;
  successes: number;
  failures: number;
  windowStartedAt: Date;
  /** Since the last success, or since `rowStartedAt`. */
  failuresInARow: number;
  /** When the first of these was told; null when there are none. */
  rowStartedAt: Date | null;
  /** How often it opened without closing in between. */
  openings: number;
  /** Null while closed. */
  retryAt: Date | null;
  /** Until when no call tries it that may go elsewhere. Null while closed. */
  sparedUntil: Date | null;
}

/** How a probe ended. `released`: its call was never made, so another may try at once. */
export type ProbeResult = 'succeeded' | 'failed' | 'released';

export interface CircuitReport {
  /** The generation in which the calls began. What began before the last change of state says nothing of now. */
  generation: number;
  successes: number;
  failures: number;
  /** Those after the last success. */
  failuresInARow: number;
  probe: ProbeResult | null;
}

const after = (at: Date, ms: number) => new Date(at.getTime() + ms);
const msBetween = (from: Date, to: Date) => to.getTime() - from.getTime();

/** How long it stays open, between three quarters of the ceiling and all of it. @param random uniform in [0, 1) */
export function openForMs(openings: number, random: number): number {
  const ceiling = Math.min(circuitRule.openCapMs, circuitRule.openBaseMs * 2 ** Math.min(openings - 1, 40));
  return ceiling * (0.75 + 0.25 * random);
}

/** How long it is spared by calls that may go elsewhere: a call that hangs there may leave its effect in doubt. */
export const spareForMs = (openings: number): number =>
  Math.min(circuitRule.spareCapMs, circuitRule.spareBaseMs * openings);

/** What a report of outcomes makes of a circuit. A probe's report carries no counts. */
export function judge(circuit: Circuit, report: CircuitReport, now: Date, random: number): Circuit {
  const current = report.generation === circuit.generation;
  switch (report.probe) {
    case 'succeeded':
      // However late it comes: the provider has answered.
      return circuit.state === 'closed' ? circuit : close(circuit, now);
    case 'failed':
      return circuit.state === 'half_open' && current ? open(circuit, now, random) : circuit;
    case 'released':
      return circuit.state === 'half_open' && current ? { ...circuit, retryAt: now } : circuit;
    case null:
      return circuit.state === 'closed' && current ? count(circuit, report, now, random) : circuit;
  }
}

function count(circuit: Circuit, report: CircuitReport, now: Date, random: number): Circuit {
  const over = now.getTime() - circuit.windowStartedAt.getTime() >= circuitRule.windowMs;
  const counted = {
    ...circuit,
    successes: (over ? 0 : circuit.successes) + report.successes,
    failures: (over ? 0 : circuit.failures) + report.failures,
    windowStartedAt: over ? now : circuit.windowStartedAt,
    ...rowOf(circuit, report, now),
  };
  return isIll(counted, now) ? open(counted, now, random) : counted;
}

function rowOf({ failuresInARow, rowStartedAt }: Circuit, report: CircuitReport, now: Date) {
  const anew =
    report.successes > 0 || rowStartedAt === null || msBetween(rowStartedAt, now) >= circuitRule.rowSpanMaxMs;
  const failures = (anew ? 0 : failuresInARow) + report.failuresInARow;
  return { failuresInARow: failures, rowStartedAt: failures === 0 ? null : anew ? now : rowStartedAt };
}

/** Many in a short time, half of all; or few, and nothing else, which is all that a quiet shop ever sees. */
function isIll({ failures, successes, failuresInARow, rowStartedAt }: Circuit, now: Date): boolean {
  if (failures >= circuitRule.failuresMin && failures / (failures + successes) >= circuitRule.failureShareMin)
    return true;
  const spanMs = rowStartedAt === null ? 0 : msBetween(rowStartedAt, now);
  return failuresInARow >= circuitRule.rowMin && spanMs >= circuitRule.rowSpanMinMs;
}

function open(circuit: Circuit, now: Date, random: number): Circuit {
  const openings = circuit.openings + 1;
  return {
    ...circuit,
    state: 'open',
    generation: circuit.generation + 1,
    openings,
    retryAt: after(now, openForMs(openings, random)),
    sparedUntil: after(now, spareForMs(openings)),
  };
}

function close(circuit: Circuit, now: Date): Circuit {
  return {
    state: 'closed',
    generation: circuit.generation + 1,
    successes: 0,
    failures: 0,
    windowStartedAt: now,
    failuresInARow: 0,
    rowStartedAt: null,
    openings: 0,
    retryAt: null,
    sparedUntil: null,
  };
}

/** Gives one caller the right to try the provider; undefined when it is not its time, or another is trying. */
export function startProbe(circuit: Circuit, now: Date): Circuit | undefined {
  if (circuit.retryAt === null || circuit.retryAt > now) return undefined;
  return {
    ...circuit,
    state: 'half_open',
    generation: circuit.generation + 1,
    retryAt: after(now, circuitRule.probeMs),
  };
}

/** What a call tells of its provider. `silent`: nothing. */
export type Sign = 'ill' | 'answered' | 'silent';

/**
 * What a fault tells of the provider that was called. Only a fault that names a provider comes from one: what has no
 * provider is our own trouble or the database's. A refusal is an answer, and so is the wish that we slow down: that
 * makes the rate wait and is no illness.
 */
export function signOf({ kind, reason, provider }: Pick<Fault, 'kind' | 'reason' | 'provider'>): Sign {
  // Whoever was called off on our side has learnt nothing.
  if (provider === undefined || reason === 'aborted') return 'silent';
  // Where our login is refused nothing goes through: one call at a time finds out when that is mended.
  if (reason.endsWith('_credentials')) return 'ill';
  return kind === 'transient' || kind === 'unknown_effect' ? 'ill' : 'answered';
}
