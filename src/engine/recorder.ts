import { toFault } from '../domain/fault.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type BatchOptions, writeBatch, type WrittenBatch } from './batch.ts';
import type { Entry, PendingEntry, Recorded } from './entry.ts';
import { blameOf, type Culprit } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { closeRun, effectId } from './jobRun.ts';
import { errorName } from '../domain/errorTrace.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface RecorderOptions extends BatchOptions {
  telemetry: Telemetry;
  /** How long results are gathered before they are written together, in milliseconds. */
  lingerMs: number;
  /** Called after COMMIT for every run that goes on. */
  onAdvanced(run: JobRun): void;
  /** Called when a run is over: released, finished, or lost. */
  onClosed(run: JobRun): void;
  /** Called when the database was away, so that the lease may still be held though nothing works on the job. */
  onAbandoned(run: JobRun): void;
}

export interface Recorder {
  submit(entry: Entry): Promise<Recorded>;
  /** Resolves when everything handed in so far is written. */
  drained(): Promise<void>;
}

/**
 * Gathers the results of a few milliseconds into one transaction of set-based statements, each row fenced by its
 * lease token. One transaction at a time: a run's entries are written in the order in which they came.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, telemetry, worker } = options;
  let queue: PendingEntry[] = [];
  let flushing: Promise<void> | undefined;

  async function flushAll(): Promise<void> {
    try {
      await options.clock.sleep(options.lingerMs);
      while (queue.length) {
        const batch = queue;
        queue = [];
        await write(batch);
      }
    } finally {
      flushing = undefined;
    }
  }

  /** Writes a batch; on a bad row splits it until the culprit stands alone, so its neighbours are not hurt. */
  async function write(batch: PendingEntry[]): Promise<void> {
    try {
      await writeTogether(batch);
    } catch (thrown) {
      const { error, step } = blameOf(thrown);
      if (store.isUnavailable(error)) {
        telemetry.emit({ name: 'database.unavailable', during: 'record', error: errorName(error) });
        // Whether COMMIT happened is not known. What is true stands in the database: the next claim reads it.
        const idle = runsOf(batch).filter((run) => !run.closed && isIdleAfter(run, batch));
        abandon(batch);
        return idle.forEach((run) => options.onAbandoned(run));
      }
      const runs = runsOf(batch);
      telemetry.emit({ name: 'record.split', size: runs.length, error: errorName(error) });
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
    const fault = toFault(error);
    if (fault.reason === 'unexpected_error') telemetry.emit(unexpectedError(error, step ?? 'record'));
    try {
      await writeTogether(batch, { fault, step });
    } catch (thrown) {
      if (step !== undefined) return writeCulprit(batch, blameOf(thrown).error, undefined);
      telemetry.emit(unexpectedError(thrown, 'record'));
      abandon(batch);
    }
  }

  async function writeTogether(batch: PendingEntry[], culprit?: Culprit): Promise<void> {
    for (const pending of batch) if (pending.entry.run.closed) pending.settle('lost');
    const live = batch.filter((pending) => !pending.entry.run.closed);
    if (live.length === 0) return;
    const entries = live.map(({ entry }) => entry);
    const written = await commit(entries, culprit);
    try {
      conclude(live, written);
    } catch (error) {
      // It is written; a bug in what follows must not have it written again.
      telemetry.emit(unexpectedError(error, 'conclude'));
      abandon(live);
    }
  }

  function conclude(live: PendingEntry[], written: WrittenBatch): void {
    for (const run of runsOf(live)) adopt(run, written);
    for (const { entry, settle } of live) {
      if (!written.drafts.has(entry.run)) settle('lost');
      else settle(written.notOwed.has(entry) ? 'not_owed' : 'recorded');
    }
    for (const run of written.drafts.keys()) {
      if (written.over.has(run)) close(run, 'The job was released.');
      else options.onAdvanced(run);
    }
  }

  /** Others may be in the way of a transaction. That is nobody's fault: it is simply repeated, a few times. */
  async function commit(entries: Entry[], culprit: Culprit | undefined): Promise<WrittenBatch> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await writeBatch(entries, culprit, options);
      } catch (error) {
        if (tries === conflictTriesMax || !store.isConflict(blameOf(error).error)) throw error;
        await options.clock.sleep(options.random.next() * conflictPauseMs * tries);
      }
    }
  }

  /** After COMMIT: what was a draft is now what is known. */
  function adopt(run: JobRun, { drafts }: WrittenBatch): void {
    const draft = drafts.get(run);
    if (!draft) {
      if (run.closed) return;
      telemetry.emit({ name: 'lease.lost', jobId: run.lease.jobId, worker });
      return close(run, 'The lease was lost.');
    }
    run.memory = draft.memory;
    run.view = draft.view;
    run.observe(draft.now);
    if (draft.drains) run.draining = true;
    if (draft.stateAfter) {
      run.state = draft.stateAfter.state;
      run.reason = draft.stateAfter.reason;
    }
    for (const work of draft.finished) run.inFlight.delete(work);
    for (const event of draft.telemetry) telemetry.emit(event);
  }

  function abandon(batch: PendingEntry[]): void {
    for (const run of runsOf(batch)) if (!run.closed) close(run, 'The result could not be recorded.');
    for (const pending of batch) pending.settle('lost');
  }

  function close(run: JobRun, reason: string): void {
    closeRun(run, reason);
    options.onClosed(run);
  }

  return {
    submit(entry) {
      return new Promise((resolve) => {
        queue.push({ entry, settle: resolve });
        flushing ??= flushAll();
      });
    },
    async drained() {
      while (flushing) await flushing;
    },
  };
}

const conflictTriesMax = 4;
const conflictPauseMs = 20;

const runsOf = (batch: PendingEntry[]) => [...new Set(batch.map(({ entry }) => entry.run))];

/** Whether nothing is under way for a run but what stands in this batch: no call that may still take effect. */
function isIdleAfter(run: JobRun, batch: PendingEntry[]): boolean {
  const handedIn = new Set(batch.flatMap(({ entry }) => (entry.run === run ? [workOf(entry)] : [])));
  return [...run.inFlight].every((work) => handedIn.has(work));
}

function workOf(entry: Entry): string {
  switch (entry.kind) {
    case 'advance':
    case 'give_up':
      return entry.kind;
    case 'step':
      return entry.step.name;
    case 'intent':
    case 'effect':
      return effectId(entry.step.name, entry.effect.key);
  }
}
