import type { Clock } from '../../ports/clock.ts';

/** Resolves when the next call may be made, or at once when the signal is aborted. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Calls one after the other, each a whole interval after the one before: time that was lost is not made up for. */
export function createCallPace(clock: Clock, callsPerSecond: number): Pace {
  const intervalMs = 1_000 / callsPerSecond;
  let nextAtMs = clock.elapsedMs();
  return async (signal) => {
    const waitMs = nextAtMs - clock.elapsedMs();
    nextAtMs = Math.max(clock.elapsedMs(), nextAtMs) + intervalMs;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
}
