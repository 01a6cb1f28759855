import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/jobStore.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { JobRun } from './jobRun.ts';
import { errorName } from './unexpectedError.ts';

export interface LeaseKeeperOptions {
  store: JobStore;
  clock: Clock;
  telemetry: Telemetry;
  worker: { name: string; version: string; planKeys: string[] };
  leaseMs: number;
  runs(): Iterable<JobRun>;
  /** Called for runs whose lease is gone, or can no longer be relied on. */
  onLost(run: JobRun): void;
}

/**
 * Extends all leases of the process in one statement, three times per lease. A worker that cannot extend stops its own
 * work before the leases end, so that it never acts beside its successor.
 */
export async function keepLeases(options: LeaseKeeperOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, telemetry, leaseMs } = options;
  let extendedMs = clock.elapsedMs();
  while (!signal.aborted) {
    await clock.sleep(leaseMs / 3, signal);
    if (signal.aborted) return;
    const held = [...options.runs()].filter((run) => !run.closed);
    const askedMs = clock.elapsedMs();
    try {
      await store.beat(options.worker);
      const kept = held.length
        ? await store.extendLeases(
            held.map((run) => run.lease),
            leaseMs,
          )
        : new Set<string>();
      extendedMs = askedMs;
      for (const run of held) if (!run.closed && !kept.has(run.lease.jobId)) options.onLost(run);
    } catch (error) {
      telemetry.emit({ name: 'database.unavailable', during: 'extend', error: errorName(error) });
      if (clock.elapsedMs() - extendedMs > leaseMs * selfFenceShare)
        for (const run of options.runs()) options.onLost(run);
    }
  }
}

/** Share of the lease after which a worker that could not extend gives its work up by itself. */
const selfFenceShare = 0.6;
