import { setMaxListeners } from 'node:events';
import type { EffectStatus } from '../domain/job.ts';
import { stepStatusOf } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClaimedJob, EffectRow, Lease, StepRow } from '../ports/jobStore.ts';
import type { KeptLease } from '../ports/leaseKeeping.ts';
import type { JobView, JsonObject } from '../ports/step.ts';

/** What is known of a job's steps and effects; the part of a run that a transaction may or may not change. */
export interface JobMemory {
  steps: Map<string, StepRow>;
  /** By `effectId`. */
  effects: Map<string, EffectRow>;
}

/** One job in the hands of this worker, from claim to release. */
export interface JobRun {
  readonly lease: Lease;
  readonly controlSeq: bigint;
  readonly isolated: boolean;
  readonly lossesAlone: number;
  /** Replaced after each COMMIT by the view with the new outputs. */
  view: JobView & { outputs: Map<string, JsonObject> };
  readonly slaDeadline: Date;
  /** The job's state as last recorded, to tell what changes. */
  state: ClaimedJob['state'];
  reason: string | null;
  memory: JobMemory;
  /** What is being worked on right now: step names and effect ids. */
  readonly inFlight: Set<string>;
  /** Effects that are being made right now: calls that may go on for a moment after they were told to stop. */
  calls: number;
  /** Made when first asked for: most jobs of commit steps never need one, and it is dear. */
  readonly abort: AbortController;
  /** Calls back when the run is closed; the returned function takes that back. */
  onClose(call: () => void): () => void;
  /** Ends everything that runs for this job. */
  close(reason: string): void;
  closed: boolean;
  /** When it was claimed, by the clock that never jumps. */
  readonly takenMs: number;
  /** The lease as its keeper sees it. */
  readonly kept: KeptLease;
  /** A person or a new fact has spoken: finish what is in flight, start nothing, and let the job be claimed afresh. */
  draining: boolean;
  /** The database's time, as far as this process can tell: never its own wall clock. */
  databaseNow(): Date;
  /** Takes a fresh reading of the database's clock. */
  observe(now: Date): void;
}

export const effectId = (step: string, effectKey: string) => `${step}/${effectKey}`;

export function createJobRun(
  claimed: ClaimedJob,
  claimedAt: Date,
  { clock, kept }: { clock: Clock; kept: KeptLease },
): JobRun {
  let base = { database: claimedAt.getTime(), elapsedMs: clock.elapsedMs() };
  let abort: AbortController | undefined;
  let closedBecause: string | undefined;
  const closing = new Set<() => void>();
  const outputs = new Map<string, JsonObject>();
  for (const row of claimed.steps) if (row.output) outputs.set(row.step, row.output);
  return {
    lease: claimed.lease,
    controlSeq: claimed.controlSeq,
    isolated: claimed.isolated,
    lossesAlone: claimed.lossesAlone,
    slaDeadline: claimed.slaDeadline,
    state: claimed.state,
    reason: claimed.reason,
    view: {
      jobId: claimed.lease.jobId,
      kind: claimed.kind,
      plan: claimed.plan,
      subjectKey: claimed.subjectKey,
      payment: claimed.payment,
      acceptedAt: claimed.acceptedAt,
      order: claimed.order,
      outputs,
    },
    memory: {
      steps: new Map(claimed.steps.map((row) => [row.step, row])),
      effects: new Map(claimed.effects.map((row) => [effectId(row.step, row.effectKey), row])),
    },
    inFlight: new Set(),
    calls: 0,
    get abort() {
      if (!abort) {
        abort = new AbortController();
        // A large order waits in many places at once.
        setMaxListeners(0, abort.signal);
        if (closedBecause !== undefined) abort.abort(new Error(closedBecause));
      }
      return abort;
    },
    onClose(call) {
      closing.add(call);
      return () => closing.delete(call);
    },
    close(reason) {
      closedBecause = reason;
      abort?.abort(new Error(reason));
      for (const call of closing) call();
    },
    closed: false,
    takenMs: clock.elapsedMs(),
    kept,
    draining: false,
    databaseNow: () => new Date(base.database + clock.elapsedMs() - base.elapsedMs),
    observe: (now) => void (base = { database: now.getTime(), elapsedMs: clock.elapsedMs() }),
  };
}

/** Stops whatever still runs for this job. Its lease is gone or given back, so no result could be written. */
export function closeRun(run: JobRun, reason: string): void {
  run.closed = true;
  run.kept.release();
  run.close(reason);
}

export const copyMemory = (memory: JobMemory): JobMemory => ({
  steps: new Map(memory.steps),
  effects: new Map(memory.effects),
});

const untouchedEffect: EffectStatus = { state: 'waiting', attempts: 0, dueAt: null, reason: null };

export function effectStatus(memory: JobMemory, step: string, effectKey: string): EffectStatus {
  return memory.effects.get(effectId(step, effectKey)) ?? untouchedEffect;
}

/** Writes an effect and brings its step's row in line. */
export function setEffect(memory: JobMemory, row: EffectRow, allKeys: string[]): StepRow {
  memory.effects.set(effectId(row.step, row.effectKey), row);
  const status = stepStatusOf(allKeys.map((key) => effectStatus(memory, row.step, key)));
  const stepRow: StepRow = { ...status, step: row.step, output: memory.steps.get(row.step)?.output ?? null };
  memory.steps.set(row.step, stepRow);
  return stepRow;
}
