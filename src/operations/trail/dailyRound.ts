import type { Clock } from '../../ports/clock.ts';

export interface DailyRound {
  start(): void;
  /** Resolves when the round that is under way has ended. */
  stop(): Promise<void>;
}

export interface DailyRoundOptions {
  /** Does what is to be done today, if nobody has; told when it should come to an end. */
  keep(signal: AbortSignal): Promise<unknown>;
  clock: Pick<Clock, 'sleep'>;
  /** How often it looks. */
  everyMs: number;
  /** Told of a round that failed; the next one may do better. */
  failed?: ((error: unknown) => void) | undefined;
}

/** Looks again and again whether a day's duty is still to be done. */
export function createDailyRound({ keep, clock, everyMs, failed }: DailyRoundOptions): DailyRound {
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await keep(signal);
      } catch (error) {
        failed?.(error);
      }
      await clock.sleep(everyMs, signal);
    }
  }

  return {
    start() {
      if (stopping && !stopping.signal.aborted) return;
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await running;
    },
  };
}
