import { Fault, toFault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type BatchOptions, writeBatch, type WrittenBatch } from './batch.ts';
import { type Announced, type Entry, type PendingEntry, type Recorded, siteOf, workOf } from './entry.ts';
import { adoptDraft } from './draft.ts';
import { blameOf, type Culprit } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { errorName } from '../domain/errorTrace.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface RecorderOptions extends BatchOptions {
  telemetry: Telemetry;
  /** How long results are gathered before they are written together, in milliseconds. */
  lingerMs: number;
  /** How many jobs this process has in hand: once all of them have handed something in, there is nobody to wait for. */
  jobsInHand(): number;
  /** Called after COMMIT for every run that goes on, with the effects that are to be made now. */
  onAdvanced(run: JobRun, announced: Announced[]): void;
  /** Called when a run is over: released, finished, or lost. */
  onClosed(run: JobRun): void;
  /** Called when the database was away, so that the lease may still be held though nothing works on the job. */
  onAbandoned(run: JobRun): void;
}

export interface Recorder {
  submit(entry: Entry): Promise<Recorded>;
  /** The same for a sender that need not know what becomes of it. */
  handIn(entry: Entry): void;
  /** Resolves when everything handed in so far is written. */
  drained(): Promise<void>;
}

/** A transaction that was repeated for nothing is tried again later, and is no mistake of ours. */
const othersInTheWay = () =>
  new Fault({
    kind: 'transient',
    reason: 'database_busy',
    message: 'Others were in the way of the record again and again, or it took too long.',
  });

/** Jobs in one transaction, at most: larger ones cost memory and hold their locks longer, and save nothing more. */
const jobsPerTransaction = 500;
/** A second transaction beside the first, only when it is worth one: Postgres then works while we prepare the next. */
const lanesMax = 2;
const secondLaneEntries = 100;

/**
 * Gathers the results of a few milliseconds into one transaction of set-based statements, each row fenced by its
 * lease token. A run is in one transaction at a time: its entries are written in the order in which they came.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, telemetry, worker } = options;
  let queue: PendingEntry[] = [];
  const beingWritten = new Set<JobRun>();
  const lanes = new Set<Promise<void>>();
  let linger: Promise<void> | undefined;
  const arrivals = countArrivals(options.clock);

  function pump(): void {
    if (lanes.size > 0) {
      if (lanes.size < lanesMax && isWorthASecondLane()) openLane();
      return;
    }
    linger ??= gather().then(() => {
      linger = undefined;
      openLane();
    });
  }

  /** Counted now and then only. What belongs to runs that are being written waits for the lane that writes them. */
  function isWorthASecondLane(): boolean {
    if (queue.length < secondLaneEntries || queue.length % 25 !== 0) return false;
    return queue.filter(({ entry }) => !beingWritten.has(entry.run)).length >= secondLaneEntries;
  }

  /** Waits for others to hand in, unless everybody has or hardly anybody is likely to. */
  async function gather(): Promise<void> {
    await Promise.resolve();
    const everybody = new Set(queue.map(({ entry }) => entry.run)).size >= options.jobsInHand();
    if (!everybody && arrivals.perMs() * options.lingerMs >= 1) await options.clock.sleep(options.lingerMs);
  }

  function openLane(): void {
    const lane = flush().finally(() => {
      lanes.delete(lane);
      // What was handed in between its last look and its end has found a lane open, and nobody in it.
      if (queue.length > 0) pump();
    });
    lanes.add(lane);
  }

  async function flush(): Promise<void> {
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) {
      const runs = runsOf(batch);
      for (const run of runs) beingWritten.add(run);
      try {
        await write(batch);
      } finally {
        for (const run of runs) beingWritten.delete(run);
      }
    }
  }

  function takeBatch(): PendingEntry[] {
    const taken = new Set<JobRun>();
    const batch: PendingEntry[] = [];
    const rest: PendingEntry[] = [];
    for (const pending of queue) {
      const { run } = pending.entry;
      const fits = taken.has(run) || (taken.size < jobsPerTransaction && !beingWritten.has(run));
      if (fits) taken.add(run);
      (fits ? batch : rest).push(pending);
    }
    queue = rest;
    return batch;
  }

  /** Writes a batch; on a bad row splits it until the culprit stands alone, so its neighbours are not hurt. */
  async function write(batch: PendingEntry[]): Promise<void> {
    try {
      await writeTogether(batch);
    } catch (thrown) {
      const { error, step } = blameOf(thrown);
      if (store.isUnavailable(error)) {
        tellAway(error);
        // Whether COMMIT happened is not known. What is true stands in the database: the next claim reads it.
        const idle = runsOf(batch).filter((run) => !run.closed && isIdleAfter(run, batch));
        abandon(batch);
        return idle.forEach((run) => options.onAbandoned(run));
      }
      const runs = runsOf(batch);
      telemetry.emit({
        name: 'record.split',
        size: runs.length,
        error: errorName(error),
        passing: store.isConflict(error),
      });
      if (runs.length === 1) return writeCulprit(batch, error, step);
      const half = new Set(runs.slice(0, Math.ceil(runs.length / 2)));
      await write(batch.filter(({ entry }) => half.has(entry.run)));
      await write(batch.filter(({ entry }) => !half.has(entry.run)));
    }
  }

  /**
   * A single job whose own rows cannot be written. The step whose hook threw is at fault, and the rest is recorded;
   * where that does not help or nobody can be named, everything it wanted to record becomes a fault.
   */
  async function writeCulprit(
    batch: PendingEntry[],
    error: unknown,
    step: string | undefined,
  ): Promise<void> {
    const fault = store.isConflict(error) ? othersInTheWay() : toFault(error);
    if (fault.reason === 'unexpected_error') telemetry.emit(unexpectedError(error, step ?? 'record'));
    try {
      await writeTogether(batch, { fault, step });
    } catch (thrown) {
      if (step !== undefined) return writeCulprit(batch, blameOf(thrown).error, undefined);
      if (store.isConflict(thrown)) tellAway(thrown);
      else telemetry.emit(unexpectedError(thrown, 'record'));
      abandon(batch);
    }
  }

  async function writeTogether(batch: PendingEntry[], culprit?: Culprit): Promise<void> {
    for (const pending of batch) if (pending.entry.run.closed) pending.settle?.('lost');
    const live = batch.filter((pending) => !pending.entry.run.closed);
    if (live.length === 0) return;
    const entries = live.map(({ entry }) => entry);
    await options.failpoint?.('before_record', siteOf(entries));
    const written = await commit(entries, culprit);
    await options.failpoint?.('committed', siteOf(entries));
    try {
      conclude(live, written);
      await options.failpoint?.('before_next_step', siteOf(entries));
      goOn(written);
    } catch (error) {
      // It is written; a bug in what follows must not have it written again.
      telemetry.emit(unexpectedError(error, 'conclude'));
      abandon(live);
    }
  }

  function conclude(live: PendingEntry[], written: WrittenBatch): void {
    for (const run of runsOf(live)) adopt(run, written);
    for (const { entry, settle } of live) {
      if (!written.drafts.has(entry.run)) settle?.('lost');
      else settle?.(written.notOwed.has(entry) ? 'not_owed' : 'recorded');
    }
  }

  function goOn(written: WrittenBatch): void {
    for (const [run, draft] of written.drafts) {
      if (written.over.has(run)) close(run, 'The job was released.');
      else options.onAdvanced(run, draft.announced ?? []);
    }
  }

  /**
   * Others may be in the way of a transaction, and a connection may break before its COMMIT. Neither is anybody's fault:
   * it is simply repeated, a few times, and the latter only while the jobs are certainly still ours. What was done
   * outside would be in doubt if its result were given up.
   */
  async function commit(entries: Entry[], culprit: Culprit | undefined): Promise<WrittenBatch> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await writeBatch(entries, culprit, options);
      } catch (error) {
        const cause = blameOf(error).error;
        if (tries < conflictTriesMax && store.isConflict(cause)) {
          await options.clock.sleep(options.random.next() * conflictPauseMs * tries);
          continue;
        }
        if (tries === brokenTriesMax || !store.isUnavailable(cause) || !store.isUndone(error)) throw error;
        if (tries === 1) tellAway(cause);
        await options.clock.sleep(
          options.random.next() * Math.min(brokenPauseMaxMs, brokenPauseMs * 2 ** tries),
        );
        if (entries.some(({ run }) => run.closed || run.kept.certainForMs() <= 0)) throw error;
      }
    }
  }

  const tellAway = (error: unknown) =>
    telemetry.emit({ name: 'database.unavailable', during: 'record', error: errorName(error) });

  function adopt(run: JobRun, { drafts }: WrittenBatch): void {
    const draft = drafts.get(run);
    if (!draft) {
      if (run.closed) return;
      telemetry.emit({ name: 'lease.lost', jobId: run.lease.jobId, worker });
      return close(run, 'The lease was lost.');
    }
    adoptDraft(draft);
    for (const event of draft.telemetry) telemetry.emit(event);
  }

  function abandon(batch: PendingEntry[]): void {
    for (const run of runsOf(batch)) if (!run.closed) close(run, 'The result could not be recorded.');
    for (const pending of batch) pending.settle?.('lost');
  }

  function close(run: JobRun, reason: string): void {
    run.close(reason);
    options.onClosed(run);
  }

  function handIn(entry: Entry, settle?: (result: Recorded) => void): void {
    queue.push({ entry, settle });
    arrivals.count();
    pump();
  }

  return {
    submit: (entry) => new Promise((resolve) => handIn(entry, resolve)),
    handIn: (entry) => handIn(entry),
    async drained() {
      while (linger || lanes.size > 0) await Promise.all([linger, ...lanes]);
    },
  };
}

/** How often something has been handed in of late. Until that is known, as often as can be. */
function countArrivals(clock: Clock) {
  let arrived = 0;
  let sinceMs = clock.elapsedMs();
  let perMs = Infinity;
  return {
    count: () => void (arrived += 1),
    perMs(): number {
      const elapsedMs = clock.elapsedMs() - sinceMs;
      if (elapsedMs >= arrivalsOverMs) {
        perMs = arrived / elapsedMs;
        arrived = 0;
        sinceMs += elapsedMs;
      }
      return perMs;
    },
  };
}

const arrivalsOverMs = 100;

const conflictTriesMax = 4;
const conflictPauseMs = 20;
/** About as long as a database needs to come back after a crash; the lease sets the limit before. */
const brokenTriesMax = 30;
const brokenPauseMs = 25;
const brokenPauseMaxMs = 1_000;

const runsOf = (batch: PendingEntry[]) => [...new Set(batch.map(({ entry }) => entry.run))];

/** Whether nothing is under way for a run but what stands in this batch: no call that may still take effect. */
function isIdleAfter(run: JobRun, batch: PendingEntry[]): boolean {
  const handedIn = new Set(batch.flatMap(({ entry }) => (entry.run === run ? [workOf(entry)] : [])));
  return [...run.inFlight].every((work) => handedIn.has(work));
}
