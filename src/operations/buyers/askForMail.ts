import type { Plan } from '../../domain/plan.ts';
import type { BuyerControl } from '../../ports/buyerControl.ts';
import type { JobControl } from '../../ports/jobControl.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { Refusal } from '../frame/refusal.ts';
import type { OrderUnderLock } from './orderUnderLock.ts';

export interface BuyerOperationsOptions {
  jobs: JobControl;
  buyers: BuyerControl;
  /** The jobs by which mails are asked for; the worker knows their steps. */
  plans: { resendReceipt: Plan; sendLinks: Plan; tellOldAddress: Plan };
}

/** What was promised for a mail that somebody waits for on the telephone. */
const slaSeconds = 300;

/** How soon it is worth looking again whether a mail has gone out. */
const lookAgainSeconds = 60;

/** Adds the job that sends a mail: nothing is sent here. Every call asks for another mail. */
export async function askForMail(
  { jobs, buyers }: Pick<BuyerOperationsOptions, 'jobs' | 'buyers'>,
  tx: Transaction,
  asked: { of: OrderUnderLock; plan: Plan; order: JsonObject; actor: string },
): Promise<string> {
  const { payment } = asked.of;
  const { plan, order, actor } = asked;
  const before = await buyers.askedMails(tx, payment.id);
  const number = before.filter(({ kind }) => kind === plan.name).length + 1;
  const { jobId } = await jobs.want(tx, {
    plan,
    // The payment is locked: nobody else counts at the same time.
    subjectKey: `${payment.orderId}/${number}`,
    paymentId: payment.id,
    order,
    slaSeconds,
    actor,
  });
  return jobId;
}

/** @throws Refusal when such a mail was asked for and has not gone out yet: a second one would come besides */
export async function insistOnNoneOnItsWay(
  { buyers, plans }: Pick<BuyerOperationsOptions, 'buyers' | 'plans'>,
  tx: Transaction,
  of: OrderUnderLock,
): Promise<void> {
  const withLinks = new Set([plans.resendReceipt.name, plans.sendLinks.name]);
  const asked = await buyers.askedMails(tx, of.payment.id);
  const open = asked.findLast(({ kind, state }) => withLinks.has(kind) && state === 'open');
  if (!open) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'already_on_its_way',
    detail: `A mail with links was asked for already, and job ${open.jobId} is sending it.`,
    remedy: 'Wait a minute, then look at that job. If it waits for its next try, retry it.',
    retryAfterSeconds: lookAgainSeconds,
  });
}
