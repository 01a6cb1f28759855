import type { Failpoint } from '../domain/failpoint.ts';
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
  /** Jobs in the hands of this process at one time, at most. */
  jobsMax: number;
  /** How long a worker without work sleeps, give or take a half; longer once it has had none for a while. */
  pollMs: number;
  /** How long jobs that must run apart keep all others waiting. */
  isolatedMs: number;
  /** How long a job rests after each loss while alone. */
  restsMs: readonly number[];
  /** What this process works on now, by job id. */
  runs: ReadonlyMap<string, JobRun>;
  /** @param askedMs when the claim was sent: since then the leases may be running */
  failpoint?: Failpoint | undefined;
  take(job: ClaimedJob, claimedAt: Date, askedMs: number): void;
}

export interface Claiming {
  /** Claims until `stop`; then resolves with nothing left on its way. */
  run(): Promise<void>;
  /** There may be work: look at once. */
  wake(): void;
  /** A job left this process's hands. */
  released(): void;
  stop(): void;
  /** A lease that was held when the database went away; it is given back as soon as the database is there again. */
  abandon(lease: Lease): void;
}

const lockedPauseMs = 40;
/** How long a claimed job should stay in this process's hands: what is taken is what is finished in that time. */
const residenceMs = 250;
/** Over how long it is measured what is finished. */
const fitEveryMs = 100;
/** In hand even when nothing moves, because calls to the outside take their time. */
const jobsInHandMin = 64;
/** How many jobs that lost a holder are tried together: one of them may end the process, and takes only these along. */
const isolatedGroup = 32;
/** After so many looks in vain a worker looks so much less often: what wakes it otherwise is the usual way. */
const emptyLooksUntilQuiet = 5;
const quietFactor = 3;
/** How soon a busy worker looks again with only a few places free: many small claims cost more than they bring. */
const crampedPauseMs = 20;

/** Decides when to look for work and how much of it to take (law 6 of the engine). */
export function createClaiming(options: ClaimingOptions): Claiming {
  const { store, clock, random, telemetry, pollMs, runs } = options;
  let stopping = false;
  let nap = new AbortController();
  let isolatedWaits = false;
  let isolatedSinceMs = 0;
  /** After each group that ran apart others have a turn, so that many of them do not stand before a shop's new ones. */
  let ordinaryTurn = false;
  let abandoned: Lease[] = [];

  let emptyLooks = 0;
  let finished = 0;
  let finishedSinceMs = clock.elapsedMs();
  let jobsInHand = Math.min(jobsInHandMin, options.jobsMax);

  /** Takes as many jobs in hand as this process is seen to finish (Little's law), so that a batch fits the work. */
  function fitJobsInHand(): void {
    const elapsedMs = Math.max(1, clock.elapsedMs() - finishedSinceMs);
    // A worker that finishes all it has in less time is told so at once, or it would be slow for its first second.
    if (elapsedMs < fitEveryMs && finished < jobsInHand) return;
    const fitting = Math.ceil((finished / elapsedMs) * residenceMs);
    // Jobs end in bursts, a transaction at a time: one burst is no reason to take all there is.
    const wanted = Math.min(Math.max(fitting, jobsInHand * 0.8), jobsInHand * 2);
    jobsInHand = Math.min(options.jobsMax, Math.max(jobsInHandMin, Math.ceil(wanted)));
    finished = 0;
    finishedSinceMs = clock.elapsedMs();
  }

  const isCramped = () => jobsInHand - runs.size < jobsInHand / 4;

  function wake(): void {
    if (!nap.signal.aborted) nap.abort();
  }

  async function claim(request: Pick<ClaimRequest, 'limit' | 'isolated'>): Promise<ClaimResult> {
    const { worker, leaseMs, planKeys, restsMs } = options;
    const askedMs = clock.elapsedMs();
    const result = await store.claim({ worker, leaseMs, planKeys, restsMs, ...request });
    isolatedWaits = result.isolatedDue;
    for (const jobId of result.unreadable)
      telemetry.emit({ name: 'unexpected.error', during: `claim ${jobId}`, error: 'UnreadableJob' });
    if (result.jobs.length)
      await options.failpoint?.('claimed', { jobIds: result.jobs.map(({ lease }) => lease.jobId), work: [] });
    if (request.isolated && result.jobs.length) isolatedSinceMs = clock.elapsedMs();
    // What comes after the order to stop is not begun any more.
    if (!stopping) for (const job of result.jobs) options.take(job, result.now, askedMs);
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
    fitJobsInHand();
    const room = jobsInHand - runs.size;
    // Half of it at a time: while one half is being recorded, the other is claimed.
    const limit = Math.min(room, Math.ceil(jobsInHand / 2));
    const held = [...runs.values()];
    const isolatedForMs = isolatedSinceMs + options.isolatedMs - clock.elapsedMs();
    if (room <= 0) return crampedPauseMs;
    if (isolatedForMs > 0 && held.some((run) => run.isolated)) return Math.min(pollMs, isolatedForMs);
    // One that has been at work for its time is no hindrance, or a provider that hangs would hold up the lonely.
    const isTurn = held.every((run) => run.isolated || clock.elapsedMs() - run.takenMs > options.isolatedMs);
    if (isolatedWaits && !ordinaryTurn) {
      ordinaryTurn = isTurn;
      return lookForIsolated(isTurn);
    }
    ordinaryTurn = false;
    const { jobs, now, nextDueAt } = await claim({ limit, isolated: false });
    if (isolatedWaits && runs.size === 0) return 0;
    if (jobs.length === limit) return isCramped() ? crampedPauseMs : 0;
    const untilDueMs = nextDueAt ? nextDueAt.getTime() - now.getTime() : Infinity;
    // What is due and was not to be had is locked by somebody: no reason to ask a thousand times a second.
    const leastMs = jobs.length ? 0 : lockedPauseMs * (0.5 + random.next());
    return Math.max(leastMs, Math.min(untilDueMs, pollAfterMs(jobs.length > 0)));
  }

  /** Jittered, so that many workers do not ask at once, and less often where nothing has come for a while. */
  function pollAfterMs(found: boolean): number {
    emptyLooks = found || runs.size > 0 ? 0 : emptyLooks + 1;
    return pollMs * (0.5 + random.next()) * (emptyLooks > emptyLooksUntilQuiet ? quietFactor : 1);
  }

  /**
   * Jobs that must run apart wait for the others to finish. Until then, or until another worker has them, none is
   * added. Those that have been apart for their time and go on are no hindrance: what ends a process does so soon, and
   * a provider that hangs must not hold up a shop.
   */
  async function lookForIsolated(isTurn: boolean): Promise<number> {
    const { jobs } = await claim({ limit: isTurn ? isolatedGroup : 0, isolated: isTurn });
    if (!isolatedWaits && jobs.length === 0) return 0;
    // Somebody else has them, or they were lost once more, and are due in closer isolation or rest.
    return runs.size === 0 ? lockedPauseMs * (0.5 + random.next()) : pollMs;
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
    wake,
    released() {
      finished += 1;
      if (!isCramped()) wake();
    },
    stop() {
      stopping = true;
      wake();
    },
    abandon(lease) {
      abandoned.push(lease);
      wake();
    },
  };
}
