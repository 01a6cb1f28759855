import { carryOutRun, type CarryOutRunOptions } from './carryOutRun.ts';
import { requestIdOf } from './requestId.ts';

export interface BulkRunnerOptions extends Omit<CarryOutRunOptions, 'leaseMs'> {
  /** Of this process, and of no other. */
  name: string;
  /** After so long without a sign of life, another process goes on. Longer than any one item takes. Default 60 s. */
  leaseMs?: number;
  /** How often it looks for runs. Default 2 s. */
  pollMs?: number;
  /** Runs at the same time. Default 4. */
  runsMax?: number;
}

export interface BulkRunner {
  start(): void;
  /** Resolves when the items that are under way have ended; what is left is for other processes, at once. */
  stop(): Promise<void>;
}

/** Carries out runs that people have started. Every server process may have one: a run is in one process's hands. */
export function createBulkRunner(options: BulkRunnerOptions): BulkRunner {
  const { work, clock, name, leaseMs = 60_000, pollMs = 2_000, runsMax = 4 } = options;
  const underWay = new Set<Promise<void>>();
  let stopping: AbortController | undefined;
  let looking: Promise<void> = Promise.resolve();
  let taken = 0;

  async function takeUp(signal: AbortSignal): Promise<void> {
    await work.expirePlans();
    while (underWay.size < runsMax && !signal.aborted) {
      // A name for each time it takes one: what it held before and lost is another's, even if that is itself.
      taken += 1;
      const run = await work.lease({ worker: `${name}/${taken}`, leaseMs, requestIdOf });
      if (!run) return;
      const going = carryOutRun({ ...options, leaseMs }, run, signal).finally(() => underWay.delete(going));
      underWay.add(going);
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await takeUp(signal).catch((error: unknown) => options.failed?.(error));
      await clock.sleep(pollMs, signal);
    }
  }

  return {
    start() {
      if (stopping && !stopping.signal.aborted) return;
      stopping = new AbortController();
      looking = look(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await looking;
      await Promise.all(underWay);
    },
  };
}
