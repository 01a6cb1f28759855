import type { Clock } from '../../src/ports/clock.ts';

/** A clock that stands still. Sleeping ends at once. */
export function createFixedClock(at: Date | string = '2026-11-22T10:00:00Z'): Clock {
  return { now: () => new Date(at), elapsedMs: () => 0, sleep: async () => undefined };
}
