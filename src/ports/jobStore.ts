import type { EffectState, JobState, StepState } from '../domain/job.ts';
import type { Plan } from '../domain/plan.ts';
import type { JsonObject, PaymentRef } from './step.ts';
import type { Transaction } from './transaction.ts';

export interface Lease {
  jobId: string;
  /** Only grows; every write for the job carries it. */
  token: bigint;
}

export interface StepRow {
  step: string;
  state: StepState;
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
  output: JsonObject | null;
}

export interface EffectRow {
  step: string;
  effectKey: string;
  state: EffectState;
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
  evidence: JsonObject | null;
}

export interface ClaimedJob {
  lease: Lease;
  controlSeq: bigint;
  /** A holder lost its lease: it is worked on apart from the others, in a small group and then alone. */
  isolated: boolean;
  /** How often a holder vanished while it worked on nothing else, since the job last got on. */
  lossesAlone: number;
  kind: string;
  plan: Plan;
  state: JobState;
  /** Why the job is blocked or has failed. */
  reason: string | null;
  subjectKey: string | null;
  payment: PaymentRef | null;
  order: JsonObject | null;
  acceptedAt: Date;
  slaDeadline: Date;
  /** W3C `traceparent` of what brought it. */
  traceContext: string | null;
  steps: StepRow[];
  effects: EffectRow[];
}

export interface ClaimRequest {
  worker: string;
  limit: number;
  leaseMs: number;
  /** Plans this worker can run; others are left for a newer worker. */
  planKeys: string[];
  /** Claim what must be worked on apart, instead of a batch. */
  isolated: boolean;
  /** How long a job rests after its first, second, … loss while alone. After one beyond these it is due at once. */
  restsMs: readonly number[];
}

export interface ClaimResult {
  jobs: ClaimedJob[];
  /** Claimed jobs whose rows this build cannot read. Their leases run out by themselves. */
  unreadable: string[];
  /** The database's clock. */
  now: Date;
  /** When the next waiting job is due; null when none waits. */
  nextDueAt: Date | null;
  /** A job that must be worked on apart is due. */
  isolatedDue: boolean;
}

export interface TimelineEvent {
  kind: string;
  step: string | null;
  actor: string;
  data: JsonObject;
}

/** Rows that are not there yet, and rows that are. */
export interface Changes<Row> {
  added: Row[];
  updated: Row[];
}

export interface StateChange {
  state: JobState;
  reason: string | null;
  failedStep: string | null;
  finished: boolean;
}

/** What one transaction of the recorder writes for one job. */
export interface JobRecord {
  lease: Lease;
  steps: Changes<StepRow>;
  effects: Changes<EffectRow>;
  /** What is said to be added may be there by now. */
  mayHaveMore: boolean;
  events: TimelineEvent[];
  /** The order, when it was resolved. */
  order: JsonObject | null;
  /** The job's state, when it changes. */
  change: StateChange | null;
  /** It has got on since it was claimed: what it lost before is not counted any more. */
  gotOn: boolean;
  /** When the lease ends with this record: due again at `dueAt`, or out of dispatch when that is null. */
  release: { dueAt: Date | null } | null;
}

/** A lease, and the `control_seq` that its job had when it was claimed. */
export interface HeldLease {
  readonly lease: Lease;
  readonly controlSeq: bigint;
}

export interface LockedLeases<H extends HeldLease> {
  /** The database's clock. */
  now: Date;
  lost: Set<H>;
  /** Held, but a person or a new fact has spoken since: their `control_seq` is another one. */
  moved: Set<H>;
}

/** Leases that are in neither set are lost. */
export interface ExtendedLeases<L extends Lease> {
  extended: Set<L>;
  /** Held, but not extended: their rows are locked just now. */
  busy: Set<L>;
}

/** The engine's tables. All times are the database's; every write after `lockHeld` is fenced by it. */
export interface JobStore {
  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Extends the leases that are still held, in one statement. */
  extendLeases<L extends Lease>(leases: L[], leaseMs: number): Promise<ExtendedLeases<L>>;
  /** Gives unfinished jobs back, due at once or after a while. Returns how many were still held. */
  handBack(leases: Lease[], afterMs?: number): Promise<number>;
  /** Of these jobs, those that a person holds. */
  whichAreHeld(tx: Transaction, jobIds: string[]): Promise<Set<string>>;
  /** Leaves a job for a while, or for at once where somebody has spoken since it was claimed. */
  leaveBe(held: HeldLease, afterMs: number): Promise<void>;
  inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Locks the dispatch rows of leases that are still held, and says which are not as they were. */
  lockHeld<H extends HeldLease>(tx: Transaction, held: H[]): Promise<LockedLeases<H>>;
  record(tx: Transaction, records: JobRecord[]): Promise<void>;
  /** Says that this worker is alive. */
  beat(worker: { name: string; version: string; planKeys: string[] }): Promise<void>;
  /** Whether an error means that the database or the connection is gone, as opposed to a bad statement or row. */
  isUnavailable(error: unknown): boolean;
  /** Whether this was thrown by a transaction of which nothing can have stayed. */
  isUndone(error: unknown): boolean;
  /** Whether a transaction was rolled back because others were in its way (deadlock, time limit): it may be repeated. */
  isConflict(error: unknown): boolean;
}
