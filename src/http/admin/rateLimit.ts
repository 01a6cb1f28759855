import type { Clock } from '../../ports/clock.ts';

export interface RateLimiterOptions {
  clock: Pick<Clock, 'elapsedMs'>;
  /** So many a minute, and as many at once after a quiet minute. */
  perMinuteMax: number;
  /** How many callers are told apart; beyond that, those who were quiet the longest are forgotten. Default 10 000. */
  keysMax?: number;
}

/** A bucket per caller, in this process's memory: each process counts for itself. */
export interface RateLimiter {
  /** Takes one, and answers 0; or takes none, and answers after how many whole seconds there is one. */
  take(key: string): number;
  /** The same answer without taking one. */
  waitSeconds(key: string): number;
  /** Puts back one that was taken. */
  giveBack(key: string): void;
}

const minuteMs = 60_000;

/** The generic cell rate algorithm: of each caller only the time is kept at which their bucket will be full again. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, perMinuteMax, keysMax = 10_000 } = options;
  const everyMs = minuteMs / perMinuteMax;
  /** Those used last come last. */
  const fullAgainMs = new Map<string, number>();

  const fullAt = (key: string, nowMs: number) => Math.max(nowMs, fullAgainMs.get(key) ?? 0);
  const waitSeconds = (key: string, nowMs = clock.elapsedMs()) =>
    Math.max(0, Math.ceil((fullAt(key, nowMs) + everyMs - minuteMs - nowMs) / 1000));

  return {
    take(key) {
      const nowMs = clock.elapsedMs();
      const wait = waitSeconds(key, nowMs);
      const full = fullAt(key, nowMs) + (wait === 0 ? everyMs : 0);
      fullAgainMs.delete(key);
      if (fullAgainMs.size >= keysMax) {
        const [quietest] = fullAgainMs.keys();
        if (quietest !== undefined) fullAgainMs.delete(quietest);
      }
      fullAgainMs.set(key, full);
      return wait;
    },
    waitSeconds: (key) => waitSeconds(key),
    giveBack(key) {
      const full = fullAgainMs.get(key);
      // Whoever was forgotten meanwhile has a full bucket.
      if (full !== undefined) fullAgainMs.set(key, full - everyMs);
    },
  };
}
