import type { AuditResult } from '../domain/auditChain.ts';
import type { DeliveryState } from '../domain/deliveryState.ts';
import type { EffectState, JobState, StepState } from '../domain/job.ts';
import type { Plan } from '../domain/plan.ts';
import type { SearchKey } from '../domain/search/query.ts';
import type { TimelineLine } from './jobControl.ts';
import type { CreditNoteKind } from './settling.ts';
import type { JsonObject } from './step.ts';

/** What a key leads to. */
export type FoundReference =
  | { kind: 'job'; jobId: string }
  /** The key stands for so many orders, counted up to `ordersCountedMax`. */
  | { kind: 'several'; orders: number }
  | { kind: 'payment_without_job'; paid: boolean }
  | { kind: 'event_without_payment'; verdict: string; reason: string | null }
  | { kind: 'none' };

export const ordersCountedMax = 100;

interface Progress {
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
}

/** The job itself, and what was bought. */
export interface DossierJob {
  jobId: string;
  kind: string;
  state: JobState;
  reason: string | null;
  failedStep: string | null;
  mailUnproven: boolean;
  slaDeadline: Date;
  createdAt: Date;
  finishedAt: Date | null;
  heldAt: Date | null;
  /** The number of the last line of its timeline; 0 when it has none. */
  version: number;
  /** Null when this build cannot read it. */
  plan: Plan | null;
  /** The order as it was recorded, buyer and all; null until it is resolved. */
  order: JsonObject | null;
  /** When it is next due, or until when a worker has it; null when nothing is owed. */
  dispatch: { dueAt: Date; worker: string | null } | null;
  payment: {
    id: string;
    key: string;
    paymentIntentId: string | null;
    checkoutSessionId: string | null;
    orderId: string;
    livemode: boolean;
    paid: boolean;
    paidAt: Date | null;
    /** When its buyer was forgotten. */
    erasedAt: Date | null;
    amountMinor: number | null;
    currency: string | null;
    facts: JsonObject;
    factsVersion: number;
  } | null;
  receipt: { series: string; number: number; issuedAt: Date } | null;
  steps: Array<Progress & { step: string; state: StepState; updatedAt: Date }>;
  effects: Array<
    Progress & {
      step: string;
      effectKey: string;
      state: EffectState;
      /** Why it was not owed; null when it was. */
      skipped: string | null;
      updatedAt: Date;
    }
  >;
  /** The database's clock. */
  now: Date;
}

/** A line of the timeline that tells of an attempt. */
export interface AttemptLine extends TimelineLine {
  /** Counted per step and effect, from 1. */
  no: number;
  /** How many there are of this step and effect. */
  of: number;
  /** The build of the worker; null when it is not known any more. */
  workerVersion: string | null;
}

export interface DossierMail {
  mailId: string;
  kind: string;
  state: string;
  ambiguities: number;
  provider: string | null;
  reference: string | null;
  toAddress: string;
  createdAt: Date;
  acceptedAt: Date | null;
  /** When it was certain that its provider has taken it for good. */
  provenAt: Date | null;
  /** What is known of it after it was handed over; null: nobody has taken it. */
  delivery: DeliveryState | null;
  /** Accepted, by a provider that reports each mail, and it has reported nothing of this one yet. */
  awaitsReport: boolean;
  /** What was heard of it, the oldest first; the latest ones. */
  evidence: Array<{
    kind: string;
    at: Date;
    source: string;
    provider: string | null;
    /** Of a mail that came back. */
    permanence: string | null;
    cause: string | null;
    status: string | null;
  }>;
  attemptCount: number;
  /** The latest ones, the oldest first. */
  attempts: Array<{
    attempt: number;
    provider: string;
    intendedAt: Date;
    finishedAt: Date | null;
    /** Null: it has none yet, so it may have been taken. */
    outcome: string | null;
    /** Refused in a way that no repeat at this provider would change. */
    final: boolean;
    detail: string | null;
  }>;
}

export interface DossierEntitlement {
  entitlementId: string;
  lineNo: number;
  productId: string;
  productVersion: string;
  title: string;
  formats: string[];
  quantity: number;
  state: string;
  createdAt: Date;
  claimed: boolean;
  history: Array<{ at: Date; from: string | null; to: string; reason: string }>;
  links: Array<{ format: string; links: number; live: number; expiresAt: Date | null }>;
  downloads: Array<{ format: string; count: number; lastAt: Date }>;
}

/** Papers and words about money that went back, the oldest first. */
export interface DossierMoney {
  creditNotes: Array<{
    creditNoteId: string;
    refundId: string;
    kind: CreditNoteKind;
    amountMinor: number;
    series: string;
    number: number;
    issuedAt: Date;
  }>;
  notices: Array<{ key: string; kind: string; lineNos: number[]; at: Date }>;
}

/** What stands beside the job. */
export interface DossierSurroundings {
  files: Array<{
    kind: string;
    lineNo: number;
    format: string;
    sizeBytes: number;
    sha256: string;
    storedAt: Date;
  }>;
  relatedJobs: Array<{
    jobId: string;
    kind: string;
    state: JobState;
    reason: string | null;
    failedStep: string | null;
    createdAt: Date;
    finishedAt: Date | null;
  }>;
  findings: Array<{
    findingId: string;
    kind: string;
    state: string;
    details: JsonObject;
    version: number;
    foundAt: Date;
    closedAt: Date | null;
    closeReason: string | null;
  }>;
  alerts: Array<{
    alertId: string;
    rule: string;
    severity: string;
    state: string;
    summary: string;
    version: number;
    openedAt: Date;
    acknowledgedAt: Date | null;
    resolvedAt: Date | null;
  }>;
  audit: Array<{ action: string; actor: string; at: Date; result: AuditResult; reason: string | null }>;
}

/** Everything about one job, at one moment. */
export interface Dossier {
  job: DossierJob;
  /** The oldest first. */
  timeline: TimelineLine[];
  /** There are older lines. */
  hasOlder: boolean;
  /** The latest of each step and effect, the oldest first. */
  attempts: AttemptLine[];
  /** The oldest first. */
  mails: DossierMail[];
  /** By line. */
  entitlements: DossierEntitlement[];
  money: DossierMoney;
  surroundings: DossierSurroundings;
}

/** The most lines of a timeline that are read at a time. */
export const timelinePageMax = 200;

export interface AttemptsRequest {
  jobId: string;
  step: string;
  /** One thing that the step does once per line or file; unset: of all of them. */
  effectKey?: string;
}

/**
 * Reads what is known of one job. Every statement is bounded. A database that cannot be reached is a transient `Fault`,
 * reason `database_unavailable`.
 */
export interface OrderDossiers {
  find(key: SearchKey): Promise<FoundReference>;
  /** @param before lines of the timeline before this one */
  read(jobId: string, before?: number): Promise<Dossier | undefined>;
  /** The latest attempts at a step, the oldest first; undefined when there is no such job. */
  attempts(request: AttemptsRequest): Promise<AttemptLine[] | undefined>;
  /** What is kept of the buyer, in plain; undefined when there is no such job. */
  buyer(jobId: string): Promise<{ order: JsonObject | null; profileEmail: string | null } | undefined>;
}
