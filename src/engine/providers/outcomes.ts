import { circuitRule, type ProbeResult, type Sign } from '../../domain/circuit.ts';
import type { ProviderStanding } from '../../domain/providerStanding.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProviderReport } from '../../ports/providerControl.ts';

/** What became of this process's calls and has not been told yet. */
export interface Outcomes {
  /** A call that began in this generation of the circuit. */
  count(provider: string, generation: number, sign: Sign): void;
  probed(provider: string, generation: number, sign: Sign): void;
  asked(provider: string, waitMs: number): void;
  /** Whether there is anything to tell. While all is well there is not. */
  isNews(provider: string): boolean;
  /** Enough failures to open a circuit: every moment costs attempts in vain. */
  isUrgent(provider: string): boolean;
  /** Takes what there is to tell, one report per provider. */
  take(): Array<Omit<ProviderReport, 'random'>>;
}

interface Tally {
  generation: number;
  successes: number;
  failures: number;
  failuresInARow: number;
  sinceMs: number;
}

interface Pending {
  tally: Tally;
  probe: { generation: number; result: ProbeResult } | null;
  waitMs: number;
}

const nothing = { successes: 0, failures: 0, failuresInARow: 0 };

const probeResults: Record<Sign, ProbeResult> = { answered: 'succeeded', ill: 'failed', silent: 'released' };

export function createOutcomes(options: {
  clock: Clock;
  standingOf(provider: string): Pick<ProviderStanding, 'generation' | 'counting'>;
}): Outcomes {
  const { clock, standingOf } = options;
  const all = new Map<string, Pending>();

  const freshTally = (provider: string): Tally => ({
    generation: standingOf(provider).generation,
    successes: 0,
    failures: 0,
    failuresInARow: 0,
    sinceMs: clock.elapsedMs(),
  });

  /** What is pending for a provider. Counts of an earlier generation or window say nothing of now and are forgotten. */
  function pendingOf(provider: string): Pending {
    let pending = all.get(provider);
    if (!pending) all.set(provider, (pending = { tally: freshTally(provider), probe: null, waitMs: 0 }));
    const { generation, sinceMs } = pending.tally;
    const isOver = clock.elapsedMs() - sinceMs > circuitRule.windowMs;
    if (isOver || generation !== standingOf(provider).generation) pending.tally = freshTally(provider);
    return pending;
  }

  function isNews(provider: string): boolean {
    const pending = all.get(provider);
    if (!pending) return false;
    const { tally, probe, waitMs } = pending;
    // Successes are worth telling only while failures are being counted.
    const tells = tally.failures > 0 || (standingOf(provider).counting && tally.successes > 0);
    return probe !== null || waitMs > 0 || tells;
  }

  return {
    count(provider, generation, sign) {
      const { tally } = pendingOf(provider);
      if (generation !== tally.generation) return;
      if (sign === 'silent') return;
      tally[sign === 'ill' ? 'failures' : 'successes'] += 1;
      tally.failuresInARow = sign === 'ill' ? tally.failuresInARow + 1 : 0;
    },
    probed(provider, generation, sign) {
      pendingOf(provider).probe = { generation, result: probeResults[sign] };
    },
    asked(provider, waitMs) {
      const pending = pendingOf(provider);
      pending.waitMs = Math.max(pending.waitMs, waitMs);
    },
    isNews,
    isUrgent: (provider) => (all.get(provider)?.tally.failures ?? 0) >= circuitRule.failuresMin,
    take() {
      return [...all.keys()].filter(isNews).map((provider) => {
        const { tally, probe, waitMs } = pendingOf(provider);
        all.delete(provider);
        const { sinceMs: _, ...counts } = tally;
        const told = probe ? { ...nothing, generation: probe.generation } : counts;
        return { provider, ...told, probe: probe?.result ?? null, waitMs };
      });
    },
  };
}
