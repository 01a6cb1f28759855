import type { ClaimDesk } from '../ports/claimDesk.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface RemindClaimsOptions {
  desk: Pick<ClaimDesk, 'remind'>;
  clock: Clock;
  telemetry: Telemetry;
  /** Reminders were made for a worker. */
  onWork(): void;
}

/** How often reminders that are due are looked for, by every process: one of them finds them. */
const everyMs = 5 * 60_000;

/** Reminds guests of what waits to be claimed, for as long as it runs. */
export function createRemindClaims({ desk, clock, telemetry, onWork }: RemindClaimsOptions) {
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await catchUp(signal);
      } catch (error) {
        // What is due stays due.
        telemetry.emit({
          name: 'unexpected.error',
          during: 'remind_claims',
          error: error instanceof Error ? error.name : typeof error,
        });
      }
      await clock.sleep(everyMs, signal);
    }
  }

  async function catchUp(signal: AbortSignal): Promise<void> {
    for (let isCaughtUp = false; !isCaughtUp && !signal.aborted;) {
      const found = await desk.remind();
      isCaughtUp = found.isCaughtUp;
      for (const profileId of found.reminded)
        telemetry.emit({ name: 'entitlement.claim_initiated', profileId, way: 'reminder' });
      if (found.reminded.length > 0) onWork();
    }
  }

  return {
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
