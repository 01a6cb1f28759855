import { Fault } from '../domain/fault.ts';
import { guardrails } from '../domain/guardrails.ts';
import { errorName } from '../domain/errorTrace.ts';
import type { Clock } from '../ports/clock.ts';
import type { BreachBook } from '../ports/slaWatch.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface SlaWatchOptions {
  book: BreachBook;
  clock: Clock;
  telemetry: Telemetry;
}

/**
 * Tells of each order whose time is over, once, whichever process sees it first. What is finished tells of itself; what
 * hangs does not, and a measure that only finished orders are in is the better the more of them hang.
 */
export function createSlaWatch({ book, clock, telemetry }: SlaWatchOptions) {
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await look();
      await clock.sleep(guardrails.lookEveryMs, signal);
    }
  }

  async function look(): Promise<void> {
    try {
      for (const jobId of await book.note()) telemetry.emit({ name: 'job.sla_breached', jobId });
    } catch (error) {
      // What was not told now is told at the next look.
      const what = errorName(error);
      if (error instanceof Fault)
        telemetry.emit({ name: 'database.unavailable', during: 'sla_watch', error: what });
      else telemetry.emit({ name: 'unexpected.error', during: 'sla_watch', error: what });
    }
  }

  return {
    look,
    start(): void {
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    /** Resolves when what is under way has ended. */
    async stop(): Promise<void> {
      stopping?.abort();
      await running;
    },
  };
}
