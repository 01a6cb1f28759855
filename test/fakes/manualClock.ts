import type { Clock } from '../../src/ports/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and wakes those whose sleep ends on the way, in order, giving each a chance to run. */
  advance(ms: number): Promise<void>;
  /** How many sleep now. */
  sleeping(): number;
}

interface Sleeper {
  wakeAtMs: number;
  wake(): void;
}

/** A clock that moves only when the test says so. */
export function createManualClock(start: Date | string = '2026-11-22T10:00:00Z'): ManualClock {
  const startMs = new Date(start).getTime();
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;

  const dueBy = (limitMs: number) =>
    [...sleepers]
      .filter(({ wakeAtMs }) => wakeAtMs <= limitMs)
      .toSorted((a, b) => a.wakeAtMs - b.wakeAtMs)[0];

  return {
    now: () => new Date(startMs + elapsedMs),
    elapsedMs: () => elapsedMs,
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { wakeAtMs: elapsedMs + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    advance: async (ms) => {
      const targetMs = elapsedMs + ms;
      for (let next = dueBy(targetMs); next; next = dueBy(targetMs)) {
        elapsedMs = Math.max(elapsedMs, next.wakeAtMs);
        next.wake();
        await turnOfTheEventLoop();
      }
      elapsedMs = targetMs;
      await turnOfTheEventLoop();
    },
  };
}

const turnOfTheEventLoop = () => new Promise<void>((resolve) => setImmediate(resolve));
