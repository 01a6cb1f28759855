import type { Clock } from '../ports/clock.ts';
import type { ClaimedJob, ClaimRequest, ClaimResult, JobStore, Lease } from '../ports/jobStore.ts';
import type { Random } from '../ports/random.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { JobRun } from './jobRun.ts';
import { errorName } from '../domain/errorTrace.ts';

export interface ClaimingOptions {
  store: JobStore;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  worker: string;
  planKeys: string[];
  leaseMs: number;
  /** Jobs in the hands of this process at one time. */
  jobsMax: number;
  /** How long an idle worker sleeps at most, give or take a half. */
  pollMs: number;
  /** How long a job that must run alone keeps all others waiting. */
  aloneMs: number;
  /** What this process works on now, by job id. */
  runs: ReadonlyMap<string, JobRun>;
  take(job: ClaimedJob, claimedAt: Date): void;
}

export interface Claiming {
  /** Claims until `stop`; then resolves with nothing left on its way. */
  run(): Promise<void>;
  /** There may be work: look at once. */
  wake(): void;
  stop(): void;
  /** A lease that was held when the database went away; it is given back as soon as the database is there again. */
  abandon(lease: Lease): void;
}

const lockedPauseMs = 40;

/** Decides when to look for work and how much of it to take (law 6 of the engine). */
export function createClaiming(options: ClaimingOptions): Claiming {
  const { store, clock, random, telemetry, pollMs, runs } = options;
  let stopping = false;
  let nap = new AbortController();
  let aloneWaits = false;
  let aloneSinceMs = 0;
  /** After each job that ran alone others have a turn, so that many lonely ones do not stand before a shop's new ones. */
  let ordinaryTurn = false;
  let abandoned: Lease[] = [];

  async function claim(request: Pick<ClaimRequest, 'limit' | 'alone'>): Promise<ClaimResult> {
    const { worker, leaseMs, planKeys } = options;
    const result = await store.claim({ worker, leaseMs, planKeys, ...request });
    aloneWaits = result.aloneDue;
    for (const jobId of result.unreadable)
      telemetry.emit({ name: 'unexpected.error', during: `claim ${jobId}`, error: 'UnreadableJob' });
    if (request.alone && result.jobs.length) aloneSinceMs = clock.elapsedMs();
    // What comes after the order to stop is not begun any more.
    if (!stopping) for (const job of result.jobs) options.take(job, result.now);
    else if (result.jobs.length) await store.handBack(result.jobs.map((job) => job.lease));
    return result;
  }

  async function giveBackAbandoned(): Promise<void> {
    if (abandoned.length === 0) return;
    const leases = abandoned;
    await store.handBack(leases);
    abandoned = abandoned.filter((lease) => !leases.includes(lease));
  }

  /** One look at the table. Returns for how long nothing is expected to happen, in milliseconds. */
  async function look(): Promise<number> {
    await giveBackAbandoned();
    const room = options.jobsMax - runs.size;
    const held = [...runs.values()];
    const aloneForMs = aloneSinceMs + options.aloneMs - clock.elapsedMs();
    if (room <= 0) return pollMs;
    if (aloneForMs > 0 && held.some((run) => run.alone)) return Math.min(pollMs, aloneForMs);
    // One that has been at work for its time is no hindrance, or a provider that hangs would hold up the lonely.
    const isTurn = held.every((run) => run.alone || clock.elapsedMs() - run.takenMs > options.aloneMs);
    if (aloneWaits && !ordinaryTurn) {
      ordinaryTurn = isTurn;
      return lookForLonely(isTurn);
    }
    ordinaryTurn = false;
    const { jobs, now, nextDueAt } = await claim({ limit: room, alone: false });
    if ((aloneWaits && runs.size === 0) || jobs.length === room) return 0;
    const untilDueMs = nextDueAt ? nextDueAt.getTime() - now.getTime() : pollMs;
    // What is due and was not to be had is locked by somebody: no reason to ask a thousand times a second.
    const leastMs = jobs.length ? 0 : lockedPauseMs * (0.5 + random.next());
    return Math.max(leastMs, Math.min(untilDueMs, pollMs * (0.5 + random.next())));
  }

  /**
   * A job that must run alone waits for the others to finish. Until then, or until another worker has it, none is
   * added. One that has been alone for its time and goes on is no hindrance: what ends a process does so soon, and a
   * provider that hangs must not hold up a shop.
   */
  async function lookForLonely(isTurn: boolean): Promise<number> {
    const { jobs } = await claim({ limit: isTurn ? 1 : 0, alone: isTurn });
    return jobs.length || aloneWaits ? pollMs : 0;
  }

  return {
    async run() {
      let failures = 0;
      while (!stopping) {
        nap = new AbortController();
        let idleMs = 0;
        try {
          idleMs = await look();
          failures = 0;
        } catch (error) {
          failures += 1;
          telemetry.emit({ name: 'database.unavailable', during: 'claim', error: errorName(error) });
          idleMs = random.next() * Math.min(5_000, 100 * 2 ** Math.min(failures, 8));
        }
        if (idleMs > 0) await clock.sleep(idleMs, nap.signal);
      }
    },
    wake: () => nap.abort(),
    stop() {
      stopping = true;
      nap.abort();
    },
    abandon(lease) {
      abandoned.push(lease);
      nap.abort();
    },
  };
}
