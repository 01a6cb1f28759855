import type { Plan } from '../domain/plan.ts';
import type { JsonObject } from './step.ts';

/** A job about something else than a payment. */
export interface NewJob {
  plan: Plan;
  /** What it is about. One job per plan name and subject: a second one with the same is the first. */
  subjectKey: string;
  /** What its steps read as `job.order`. */
  order: JsonObject;
  slaSeconds: number;
  /** Due after so long; at once without it. */
  delayMs?: number;
}

export interface JobEnqueue {
  /** Adds jobs with their first timeline line in one transaction, and says how many of them were new. */
  enqueue(jobs: NewJob[]): Promise<number>;
}
