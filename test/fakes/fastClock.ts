import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

/** A clock that runs many times as fast, for what keeps a pace that a test does not ask about. */
export function createFastClock(times = 100): Clock {
  const begunMs = performance.now();
  const elapsedMs = () => (performance.now() - begunMs) * times;
  const startMs = Date.now();
  return {
    now: () => new Date(startMs + elapsedMs()),
    elapsedMs,
    sleep: (ms, signal) => wait(ms / times, undefined, { ...(signal && { signal }) }).catch(() => undefined),
  };
}
