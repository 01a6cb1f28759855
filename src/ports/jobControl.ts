import type { JobState } from '../domain/job.ts';
import type { Plan } from '../domain/plan.ts';
import type { EffectRow, StepRow, TimelineEvent } from './jobStore.ts';
import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** A job under lock: nobody else changes it until the transaction ends. */
export interface LockedJob {
  jobId: string;
  kind: string;
  state: JobState;
  reason: string | null;
  failedStep: string | null;
  /** The number of the last line of its timeline: grows with everything that happens to it. */
  version: number;
  plan: Plan;
  steps: StepRow[];
  effects: EffectRow[];
  /** The order, once it is resolved. */
  order: JsonObject | null;
  payment: {
    id: string;
    key: string;
    orderId: string;
    paid: boolean;
    takenBack: boolean;
    /** Lines that refunds have taken, of a payment that is not taken back as a whole. */
    takenLines: number[];
    /** Its buyer was forgotten. */
    erased: boolean;
  } | null;
  subjectKey: string | null;
  /** Whether a worker has it in hand just now. */
  leased: boolean;
  /** Whether anything is still owed for it. */
  dispatched: boolean;
  /** The database's clock. */
  now: Date;
}

/** What a person has decided about a job. */
export interface JobDecision {
  /** Unset: it stays as it is. */
  state?: { state: JobState; reason: string | null; failedStep: string | null };
  steps?: StepRow[];
  effects?: EffectRow[];
  /**
   * `now`: claimed as soon as can be. `keep`: as it was. `over`: nothing is owed any more, and whoever works on it is
   * refused. A time: not before that.
   */
  due: 'now' | 'keep' | 'over' | Date;
  /** Changes what the order says of the buyer. */
  order?: JsonObject;
  event: Omit<TimelineEvent, 'actor'>;
  actor: string;
}

export interface TimelineLine {
  seq: number;
  at: Date;
  kind: string;
  step: string | null;
  actor: string;
  data: JsonObject;
}

/** A job of its own that a person's wish makes, for example a mail that is sent again. */
export interface WantedJob {
  plan: Plan;
  subjectKey: string;
  paymentId: string | null;
  order: JsonObject;
  slaSeconds: number;
  actor: string;
}

/**
 * What people decide about jobs, in the engine's own tables and by its laws: under lock of the dispatch row, told in the
 * timeline, and seen by whoever works on the job (`control_seq`) before they record again.
 */
export interface JobControl {
  /** Undefined: there is no such job. */
  lock(tx: Transaction, jobId: string): Promise<LockedJob | undefined>;
  /** What has happened since a version, the oldest first; at most 50 lines. */
  since(tx: Transaction, jobId: string, version: number): Promise<TimelineLine[]>;
  /** Writes a decision; returns the job's new version. */
  decide(tx: Transaction, job: LockedJob, decision: JobDecision): Promise<number>;
  /** Adds a job; one with the same plan name and subject is left as it is. Returns its id and whether it is new. */
  want(tx: Transaction, wanted: WantedJob): Promise<{ jobId: string; isNew: boolean }>;
}
