import type { Clock } from '../../src/ports/clock.ts';

export interface JumpingClock extends Clock {
  /** Moves time on at once, beside its own pace; whoever's sleep ends on the way is woken. */
  jump(ms: number): void;
  /** How far it has been moved on. */
  aheadMs(): number;
}

/** The system's clock, that a test can move on: for long waits between things that take their real time. */
export function createJumpingClock(): JumpingClock {
  const sleepers = new Set<() => void>();
  let aheadMs = 0;
  const elapsedMs = () => performance.now() + aheadMs;
  return {
    now: () => new Date(Date.now() + aheadMs),
    elapsedMs,
    aheadMs: () => aheadMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wakeAtMs = elapsedMs() + ms;
        let timer: NodeJS.Timeout | undefined;
        const wake = () => {
          clearTimeout(timer);
          sleepers.delete(look);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const look = () => {
          clearTimeout(timer);
          const leftMs = wakeAtMs - elapsedMs();
          if (leftMs <= 0 || signal?.aborted) wake();
          else timer = setTimeout(wake, leftMs);
        };
        signal?.addEventListener('abort', wake, { once: true });
        sleepers.add(look);
        look();
      }),
    jump: (ms) => {
      aheadMs += ms;
      for (const look of [...sleepers]) look();
    },
  };
}
