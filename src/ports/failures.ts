import type { JobState } from '../domain/job.ts';

export type FailedState = Extract<JobState, 'failed' | 'blocked'>;

/** Jobs that have failed, or are blocked, in the same way. */
export interface FailureGroup {
  /** Twelve hexadecimal digits of state, step, reason and provider. */
  fingerprint: string;
  state: FailedState;
  step: string | null;
  reason: string;
  /** Null where none was told. */
  provider: string | null;
  jobs: number;
  /** Distinct ones. */
  payments: number;
  /** Of the distinct payments, minor units. */
  amounts: Array<{ currency: string; amountMinor: number }>;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** The latest ones. */
  sampleJobIds: string[];
}

export interface FailedJob {
  jobId: string;
  kind: string;
  orderId: string | null;
  paymentKey: string | null;
  amountMinor: number | null;
  currency: string | null;
  createdAt: Date;
  since: Date;
  attempts: number;
  /** What was told last of why. */
  detail: string | null;
}

export interface FailureGroups {
  /** The largest first. */
  groups: FailureGroup[];
  /** Jobs that were looked at. */
  lookedAt: number;
  /** False: there are older ones that were not looked at. */
  complete: boolean;
}

export interface FailedJobsRequest {
  fingerprint: string;
  limit: number;
  /** Job ids before this one. */
  before?: string;
}

/** What has gone wrong for good or waits for people, by its cause. Bounded by the index over such jobs. */
export interface FailureLedger {
  groups(): Promise<FailureGroups>;
  /** The latest first, and one more than the limit when there are more. */
  jobs(request: FailedJobsRequest): Promise<FailedJob[]>;
}
