import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/jobStore.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type JobRun, selfFenceShare } from './jobRun.ts';
import { errorName } from '../domain/errorTrace.ts';

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
 * Extends all leases of the process in one statement, three times per lease. A worker that cannot extend, or gets no
 * answer, stops its own work before the leases end, so that it never acts beside its successor.
 */
export async function keepLeases(options: LeaseKeeperOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, telemetry, leaseMs } = options;
  const unavailable = (during: string) => (error: unknown) =>
    telemetry.emit({ name: 'database.unavailable', during, error: errorName(error) });
  let extendedMs = clock.elapsedMs();
  const untilFenceMs = () => extendedMs + leaseMs * selfFenceShare - clock.elapsedMs();

  while (!signal.aborted) {
    // Nobody waits for the sign of life: it must not stand in the way of the leases.
    store.beat(options.worker).catch(unavailable('beat'));
    await clock.sleep(Math.max(0, Math.min(leaseMs / 3, untilFenceMs())), signal);
    if (signal.aborted) return;
    const held = [...options.runs()].filter((run) => !run.closed);
    const askedMs = clock.elapsedMs();
    try {
      const kept = await inTime(extend(store, held, leaseMs), untilFenceMs(), clock);
      extendedMs = askedMs;
      for (const run of held)
        if (kept.has(run.lease.jobId)) run.heldUntilMs = askedMs + leaseMs * selfFenceShare;
      // A record that ended a lease a moment ago may still be on its way here.
      await clock.sleep(0);
      for (const run of held) if (!run.closed && !kept.has(run.lease.jobId)) options.onLost(run);
    } catch (error) {
      unavailable('extend')(error);
      if (untilFenceMs() > 0) continue;
      for (const run of options.runs()) options.onLost(run);
      extendedMs = clock.elapsedMs();
    }
  }
}

async function extend(store: JobStore, held: JobRun[], leaseMs: number): Promise<Set<string>> {
  if (held.length === 0) return new Set();
  return store.extendLeases(
    held.map((run) => run.lease),
    leaseMs,
  );
}

async function inTime<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(Math.max(0, limitMs), done.signal).then(() => {
    throw Object.assign(new Error('No answer in time.'), { name: 'TimeoutError' });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    work.catch(() => undefined);
    done.abort();
  }
}
