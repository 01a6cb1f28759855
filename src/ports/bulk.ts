import type { AuditChannel } from '../domain/auditChain.ts';
import type { Role } from '../domain/permissions.ts';
import type { AskedMail, OwnedLine } from './buyerControl.ts';
import type { LockedJob } from './jobControl.ts';
import type { SearchStore } from './search.ts';
import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** `expired`: planned, and not started in time. */
export const bulkStates = ['planned', 'running', 'paused', 'finished', 'aborted', 'expired'] as const;
export type BulkState = (typeof bulkStates)[number];

/** `left_out`: the action makes no sense for it, or the run was aborted before its turn. */
export const bulkItemStates = ['waiting', 'done', 'refused', 'failed', 'left_out'] as const;
export type BulkItemState = (typeof bulkItemStates)[number];

/** A job that a plan has found, with everything that decides whether an action makes sense for it. */
export interface BulkCandidate {
  /** As it was just now, without a lock and without its effects. */
  job: LockedJob;
  hasReceipt: boolean;
  askedMails: AskedMail[];
  ownedLines: OwnedLine[];
  /** Links in mails that can work again. */
  extendableLinks: number;
  /** Minor units; null until the order is resolved. */
  amount: { minor: number; currency: string } | null;
  /** To count buyers by; it goes no further. */
  buyerEmail: string | null;
}

/** What will come of a run, as far as can be told; of eligible items alone. */
export interface BulkSummary {
  amounts: Array<{ currency: string; amountMinor: number; items: number }>;
  buyers: number;
  /** Items whose buyer is not known yet. */
  buyersUnknown: number;
  mails: number;
}

export interface PinnedItem {
  jobId: string;
  version: number;
  /** The code it would be refused with; null: eligible. */
  ineligibleReason: string | null;
}

export interface NewBulkPlan {
  action: string;
  params: JsonObject;
  /** For people to read. */
  query: string;
  retryOf: string | null;
  digest: Uint8Array;
  /** In the order in which they are carried out. */
  items: PinnedItem[];
  ineligible: Record<string, number>;
  summary: BulkSummary;
  approvalNeeded: boolean;
  plannedBy: string;
  expiresInMs: number;
}

/** A run, from its plan to its end. */
export interface BulkRun {
  runId: string;
  action: string;
  params: JsonObject;
  query: string;
  retryOf: string | null;
  /** Hexadecimal. */
  digest: string;
  state: BulkState;
  version: number;
  items: number;
  eligible: number;
  ineligible: Record<string, number>;
  summary: BulkSummary;
  approvalNeeded: boolean;
  plannedBy: string;
  plannedAt: Date;
  expiresAt: Date;
  approvedBy: string | null;
  approvedAt: Date | null;
  startedBy: string | null;
  startedAt: Date | null;
  reason: string | null;
  ratePerSecond: number | null;
  done: number;
  refused: number;
  failed: number;
  pausedBecause: 'staff' | 'failures' | null;
  finishedAt: Date | null;
  /** Which process is at it just now. */
  worker: string | null;
}

export interface BulkStart {
  subject: string;
  roles: readonly Role[];
  channel: AuditChannel;
  reason: string;
  ratePerSecond: number;
}

/** The request id of an item: the same however often it is asked, so that it is carried out once. */
export type BulkRequestId = (runId: string, ordinal: number) => string;

/** One item as it is shown. */
export interface BulkItem {
  ordinal: number;
  jobId: string;
  orderId: string | null;
  /** The buyer's masked address. */
  buyer: string | null;
  amountMinor: number | null;
  currency: string | null;
  /** The version of the job that the plan was made on. */
  version: number;
  ineligibleReason: string | null;
  state: BulkItemState;
  outcome: string | null;
  auditSeq: number | null;
  finishedAt: Date | null;
}

/** Plans of actions on many orders. All in the transaction of an operation. */
export interface BulkPlanning {
  search(tx: Transaction): SearchStore;
  /** By ascending id; those that are not there are left out. */
  candidates(tx: Transaction, jobIds: readonly string[]): Promise<BulkCandidate[]>;
  /** Jobs of a run's items that were refused or failed. */
  unsuccessful(tx: Transaction, runId: string): Promise<string[]>;
  pin(tx: Transaction, plan: NewBulkPlan): Promise<{ runId: string; expiresAt: Date }>;
}

/** What people decide about runs. All in the transaction of an operation; numbers are the run's new version. */
export interface BulkDecisions {
  /** Undefined: there is no such run. */
  lock(tx: Transaction, runId: string): Promise<BulkRun | undefined>;
  /** Lets the plan live so long again: whoever starts it comes after the approval. */
  approve(
    tx: Transaction,
    runId: string,
    by: { subject: string; expiresInMs: number },
  ): Promise<{ version: number; expiresAt: Date }>;
  start(tx: Transaction, runId: string, start: BulkStart): Promise<number>;
  pause(tx: Transaction, runId: string): Promise<number>;
  resume(tx: Transaction, runId: string): Promise<number>;
  /** Leaves out what waits; what was carried out and not noted yet is noted first. */
  abort(
    tx: Transaction,
    runId: string,
    requestIdOf: BulkRequestId,
  ): Promise<{ version: number; leftOut: number }>;
}

/** What people see of runs. */
export interface BulkReports {
  /** The latest first. */
  list(page: { state?: BulkState; limit: number; after?: string }): Promise<BulkRun[]>;
  read(runId: string): Promise<BulkRun | undefined>;
  /** How many items ended how, by what they ended with. */
  outcomes(runId: string): Promise<Array<{ state: BulkItemState; outcome: string; items: number }>>;
  items(runId: string, page: { state?: BulkItemState; limit: number; after: number }): Promise<BulkItem[]>;
}

/** A run in the hands of one process. */
export interface LeasedBulkRun {
  runId: string;
  worker: string;
  action: string;
  params: JsonObject;
  reason: string;
  ratePerSecond: number;
  startedBy: string;
  startedRoles: string[];
  channel: AuditChannel;
}

export type NextBulkItem =
  | { kind: 'item'; ordinal: number; jobId: string; version: number }
  /** Nothing waits any more: the run is finished now. */
  | { kind: 'finished' }
  /** It is paused, aborted, or another process has it. */
  | { kind: 'gone' };

export interface BulkItemOutcome {
  state: Extract<BulkItemState, 'done' | 'refused' | 'failed'>;
  /** A code; never an error's words. */
  code: string;
  auditSeq: number | null;
}

/** What carrying out runs needs. A database that cannot be reached is a transient `Fault`. */
export interface BulkWork {
  /**
   * Takes a running run that nobody has, or whose process has not been heard of. What was carried out and not noted is
   * noted first.
   */
  lease(taken: {
    worker: string;
    leaseMs: number;
    requestIdOf: BulkRequestId;
  }): Promise<LeasedBulkRun | undefined>;
  /** The next item, with the lease extended. */
  next(run: Pick<LeasedBulkRun, 'runId' | 'worker'>, leaseMs: number): Promise<NextBulkItem>;
  /** Notes how an item ended, once. */
  note(runId: string, ordinal: number, outcome: BulkItemOutcome): Promise<void>;
  /** Pauses a run that breaks off again and again. */
  halt(run: Pick<LeasedBulkRun, 'runId' | 'worker'>): Promise<void>;
  /** Gives it back, for others to take at once. */
  release(run: Pick<LeasedBulkRun, 'runId' | 'worker'>): Promise<void>;
  /** Ends plans that were not started in time. */
  expirePlans(): Promise<void>;
}
