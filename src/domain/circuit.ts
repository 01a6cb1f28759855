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
  /** How long it stays open the first time; each opening without a success in between doubles it, up to the cap. */
  openBaseMs: 5_000,
  // A minute, not more: when a provider is back, its last waiting order must still meet an SLA of five.
  openCapMs: 60_000,
  /** How long one probe keeps all others waiting. A call may take longer; the next probe need not wait for it. */
  probeMs: 20_000,
} as const;

export interface Circuit {
  state: CircuitState;
  /** Grows with every change of state. */
  generation: number;
  successes: number;
  failures: number;
  windowStartedAt: Date;
  /** How often it opened without closing in between. */
  openings: number;
  /** Null while closed. */
  retryAt: Date | null;
}

/** How a probe ended. `released`: its call was never made, so another may try at once. */
export type ProbeResult = 'succeeded' | 'failed' | 'released';

export interface CircuitReport {
  /** The generation in which the calls began. What began before the last change of state says nothing of now. */
  generation: number;
  successes: number;
  failures: number;
  probe: ProbeResult | null;
}

const after = (at: Date, ms: number) => new Date(at.getTime() + ms);

/** How long it stays open, between three quarters of the ceiling and all of it. @param random uniform in [0, 1) */
export function openForMs(openings: number, random: number): number {
  const ceiling = Math.min(circuitRule.openCapMs, circuitRule.openBaseMs * 2 ** Math.min(openings - 1, 40));
  return ceiling * (0.75 + 0.25 * random);
}

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
  };
  const share = counted.failures / (counted.failures + counted.successes);
  const ill = counted.failures >= circuitRule.failuresMin && share >= circuitRule.failureShareMin;
  return ill ? open(counted, now, random) : counted;
}

function open(circuit: Circuit, now: Date, random: number): Circuit {
  const openings = circuit.openings + 1;
  return {
    ...circuit,
    state: 'open',
    generation: circuit.generation + 1,
    openings,
    retryAt: after(now, openForMs(openings, random)),
  };
}

function close(circuit: Circuit, now: Date): Circuit {
  return {
    state: 'closed',
    generation: circuit.generation + 1,
    successes: 0,
    failures: 0,
    windowStartedAt: now,
    openings: 0,
    retryAt: null,
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
