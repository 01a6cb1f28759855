import { grantedMailKey, receiptMailKey } from '../../domain/effectKey.ts';
import type { Plan } from '../../domain/plan.ts';
import type { BuyerControl } from '../../ports/buyerControl.ts';
import type { JobDecision, LockedJob } from '../../ports/jobControl.ts';
import type { StepRow } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { Refusal } from '../frame/refusal.ts';
import { atWork, isHeldBySwitch } from '../jobs/wrongState.ts';
import type { OrderUnderLock } from './orderUnderLock.ts';

/** The steps by which orders send their own mail, and its logical key. */
const ownMails: Readonly<Record<string, (orderId: string) => string>> = {
  email: receiptMailKey,
  granted_email: grantedMailKey,
};

/** All steps of orders that send mails. */
export const ownMailSteps: ReadonlySet<string> = new Set([...Object.keys(ownMails), 'late_files_email']);

/** The step by which an order sends its own mail; undefined where it sends none. */
export const ownMailStep = ({ plan }: { plan: Pick<Plan, 'steps'> }): string | undefined =>
  plan.steps.find(({ name }) => Object.hasOwn(ownMails, name))?.name;

/** The logical key of an order's own mail. */
export const ownMailKey = (job: LockedJob, orderId: string): string | undefined =>
  ownMails[ownMailStep(job) ?? '']?.(orderId);

const ownMailRow = (job: LockedJob): StepRow | undefined =>
  job.steps.find(({ step }) => step === ownMailStep(job));

/** Whether an order writes to its buyer by itself: not what is cancelled, nor what was sold before we began. */
export const sendsOwnMail = (job: LockedJob): boolean =>
  job.state !== 'cancelled' && ownMailStep(job) !== undefined && ownMailRow(job)?.reason !== 'adopted';

/** A mail may have gone out, its provider cannot be asked, and it was not repeated for ever: somebody has to decide. */
const outcomeUnknown = 'mail_outcome_unknown';

/** Whether the order itself still owes its own mail. */
export function isOwnMailOwed(job: LockedJob): boolean {
  if (ownMailStep(job) === undefined) return false;
  const row = ownMailRow(job);
  return row?.state !== 'done' && row?.state !== 'skipped';
}

/**
 * What is asked for comes beside the order's own mail, so that must be over. One whose outcome nobody can tell is left
 * behind instead: the person who asks has decided.
 *
 * @returns the row of the order's own mail, when the new one takes its place
 * @throws Refusal when the order's own mail is still to come
 */
export function insistOnOwnMailOver({ job }: OrderUnderLock): 'over' | StepRow {
  if (!isOwnMailOwed(job)) return 'over';
  const row = ownMailRow(job);
  if (row?.state === 'failed')
    throw new Refusal({
      kind: 'wrong_state',
      code: 'own_mail_failed',
      detail: `The order’s own mail has failed: ${row.reason ?? 'unknown'}.`,
      remedy: 'Retry the job. If the address was refused, correct it (email:correct).',
    });
  if (row?.state !== 'blocked' || row.reason !== outcomeUnknown)
    throw notYet(job, 'own_mail_not_sent_yet', 'has not sent its own mail yet');
  if (job.leased) throw atWork();
  return row;
}

/** @throws Refusal when the order has no receipt (yet) */
export async function insistOnReceipt(
  buyers: Pick<BuyerControl, 'hasReceipt'>,
  tx: Transaction,
  { job, payment }: OrderUnderLock,
): Promise<void> {
  if (await buyers.hasReceipt(tx, payment.id)) return;
  if (job.plan.steps.some(({ name }) => name === 'receipt'))
    throw notYet(job, 'no_receipt_yet', 'has no receipt yet');
  throw new Refusal({
    kind: 'wrong_state',
    code: 'no_receipt',
    detail: 'This order has no receipt of ours: it was given, or sold before we began.',
    remedy: 'Issue new links.',
  });
}

const notYet = (job: LockedJob, code: string, what: string) =>
  new Refusal({
    kind: 'wrong_state',
    code,
    detail: `The order ${what}: its job is ${job.state}.`,
    remedy: isHeldBySwitch(job)
      ? 'All mail is held. Once it is released (mail:release), the mail goes out by itself.'
      : job.state === 'held' || job.state === 'cancelled'
        ? 'Release the job: the mail goes out by itself then.'
        : 'Retry the job: the mail goes out by itself then.',
  });

/** The order's own mail, which another one has taken the place of, is over; what comes after it goes on. */
export function leaveBehind(
  job: LockedJob,
  own: StepRow,
  mailJobId: string,
): Pick<JobDecision, 'state' | 'steps' | 'effects' | 'due'> {
  return {
    ...(job.state === 'blocked' && { state: { state: 'open', reason: null, failedStep: null } }),
    steps: [{ ...own, state: 'done', dueAt: null, reason: null }],
    effects: job.effects
      .filter(({ step, state }) => step === own.step && state !== 'done')
      .map((row) => ({
        ...row,
        state: 'done',
        dueAt: null,
        reason: null,
        evidence: { skipped: 'sent_anew', by_job: mailJobId },
      })),
    due: 'now',
  };
}
