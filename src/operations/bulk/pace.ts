import type { Clock } from '../../ports/clock.ts';

export interface Pace {
  /** Resolves when the next may begin, or at once when the signal is aborted. */
  turn(signal: AbortSignal): Promise<void>;
}

/** One after the other, each a whole interval after the one before: time that was lost is not made up for. */
export function createPace(clock: Clock, ratePerSecond: number): Pace {
  const intervalMs = 1_000 / ratePerSecond;
  let nextAtMs = clock.elapsedMs();
  return {
    async turn(signal) {
      const waitMs = nextAtMs - clock.elapsedMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      nextAtMs = Math.max(clock.elapsedMs(), nextAtMs) + intervalMs;
    },
  };
}
