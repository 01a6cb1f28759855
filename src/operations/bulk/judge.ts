import type { BulkCandidate } from '../../ports/bulk.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import type { BulkAction } from './bulkActions.ts';
import { createStandIns } from './standIns.ts';

export interface Verdict {
  /** The code it would be refused with; null: eligible. */
  ineligibleReason: string | null;
  /** Mails that will leave if all goes well. */
  mails: number;
}

export interface JudgedWish {
  action: BulkAction;
  params: JsonObject;
  by: By;
  /** Steps that send a mail. */
  mailSteps: ReadonlySet<string>;
}

/** The stand-ins open none, and nothing looks inside. */
const noTransaction = {} as Transaction;

/** Whether an action makes sense for a job: a function of the job's state alone, by the operation's own rules. */
export async function judge(wish: JudgedWish, candidate: BulkCandidate): Promise<Verdict> {
  const { action, params, by } = wish;
  const { jobId, version } = candidate.job;
  const standIns = createStandIns(candidate);
  try {
    const { work } = await action.over(standIns).change(noTransaction, { ...params, jobId, version }, by);
    const mails = standIns.wanted() || (work === true ? owedMails(candidate, wish.mailSteps) : 0);
    return { ineligibleReason: null, mails };
  } catch (error) {
    if (error instanceof Refusal) return { ineligibleReason: error.code, mails: 0 };
    throw error;
  }
}

/** Mails that a job still has to send once it goes on. */
function owedMails({ job }: BulkCandidate, mailSteps: ReadonlySet<string>): number {
  const over = new Set(
    job.steps.filter(({ state }) => state === 'done' || state === 'skipped').map(({ step }) => step),
  );
  return job.plan.steps.filter(({ name }) => mailSteps.has(name) && !over.has(name)).length;
}
