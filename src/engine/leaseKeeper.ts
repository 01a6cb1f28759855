import { errorName } from '../domain/errorTrace.ts';
import {
  answerWithinMs,
  beatEveryMs,
  extendAfterMs,
  extensionsPerLease,
  lookEveryMs,
  retryAfterMs,
  selfFenceShare,
} from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore, Lease } from '../ports/jobStore.ts';
import type { KeptLease, LeaseKeeping, WorkerIdentity } from '../ports/leaseKeeping.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { JobRun } from './jobRun.ts';

export interface LeaseKeeperOptions {
  store: JobStore;
  clock: Clock;
  telemetry: Telemetry;
  leaseMs: number;
}

/**
 * Keeps leases on this process's own event loop: simple, and enough for steps that never compute for long. One that
 * blocks the loop for most of a lease loses its job; elsewhere they are kept on a thread of their own.
 */
export function keepLeasesInProcess(options: LeaseKeeperOptions): LeaseKeeping {
  const { store, clock, telemetry, leaseMs } = options;
  const certainUntilMs = new Map<Lease, number>();
  const stopped = new AbortController();
  let running: Promise<void> | undefined;
  const unavailable = (during: string) => (error: unknown) =>
    telemetry.emit({ name: 'database.unavailable', during, error: errorName(error) });

  async function run(worker: WorkerIdentity, onLost: (lease: Lease) => void): Promise<void> {
    let beatAtMs = clock.elapsedMs();
    while (!stopped.signal.aborted) {
      if (clock.elapsedMs() >= beatAtMs) {
        beatAtMs = clock.elapsedMs() + beatEveryMs;
        // Nobody waits for the sign of life: it must not stand in the way of the leases.
        store.beat(worker).catch(unavailable('beat'));
      }
      const pauseMs = await extendAll(onLost);
      await clock.sleep(pauseMs, stopped.signal);
    }
  }

  /** Returns after how long to extend again. */
  async function extendAll(onLost: (lease: Lease) => void): Promise<number> {
    const askedMs = clock.elapsedMs();
    // Most jobs are done long before their lease needs it.
    const youngUntilMs = askedMs + leaseMs * selfFenceShare - extendAfterMs(leaseMs);
    const leases = [...certainUntilMs].flatMap(([lease, untilMs]) =>
      untilMs <= youngUntilMs ? [lease] : [],
    );
    if (leases.length === 0) return lookEveryMs(leaseMs);
    try {
      const asked = store.extendLeases(leases, leaseMs);
      const { extended, busy } = await inTime(asked, answerWithinMs(leaseMs), clock);
      // A record that ended a lease a moment ago may still be on its way here.
      await clock.sleep(0);
      for (const lease of leases) {
        if (!certainUntilMs.has(lease)) continue;
        if (extended.has(lease)) certainUntilMs.set(lease, askedMs + leaseMs * selfFenceShare);
        else if (!busy.has(lease)) onLost(lease);
      }
      return busy.size > 0 ? retryAfterMs(leaseMs) : lookEveryMs(leaseMs);
    } catch (error) {
      unavailable('extend')(error);
      return retryAfterMs(leaseMs);
    }
  }

  return {
    start(worker, onLost) {
      running ??= run(worker, onLost);
    },
    ready: () => Promise.resolve(),
    keep(lease, ageMs): KeptLease {
      certainUntilMs.set(lease, clock.elapsedMs() - ageMs + leaseMs * selfFenceShare);
      return {
        certainForMs: () => (certainUntilMs.get(lease) ?? 0) - clock.elapsedMs(),
        release: () => void certainUntilMs.delete(lease),
      };
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

/**
 * Calls `onLost` for runs whose lease has become uncertain, whoever keeps it: a worker that cannot extend stops its own
 * work before the lease ends, so that it never acts beside its successor.
 */
export async function watchLeases(
  { runs, clock, leaseMs, onLost }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let soonestMs = leaseMs / extensionsPerLease;
    for (const run of [...runs()]) {
      const certainMs = run.kept.certainForMs();
      if (certainMs <= 0) onLost(run);
      else soonestMs = Math.min(soonestMs, certainMs);
    }
    await clock.sleep(Math.max(1, soonestMs), signal);
  }
}

export interface WatchOptions {
  runs(): Iterable<JobRun>;
  clock: Clock;
  leaseMs: number;
  onLost(run: JobRun): void;
}

async function inTime<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(limitMs, done.signal).then(() => {
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
