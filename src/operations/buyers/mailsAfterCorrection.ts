import { askedMailKey } from '../../domain/effectKey.ts';
import type { Plan } from '../../domain/plan.ts';
import type { MailOfOrder } from '../../ports/buyerControl.ts';
import type { MailKind } from '../../ports/mailLedger.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { askForMail, type BuyerOperationsOptions } from './askForMail.ts';
import type { OrderUnderLock } from './orderUnderLock.ts';
import { isOwnMailOwed, ownMailKey, ownMailStep } from './ownMail.ts';

export interface CorrectedOrder {
  of: OrderUnderLock;
  /** Mails as they were before the correction. */
  mails: MailOfOrder[];
  formerEmail: string;
  /** The order with its new address. */
  corrected: JsonObject;
  actor: string;
}

/** Asks for the mails that follow a correction: receipt and links to the new address, and a word to the old one. */
export async function mailsAfterCorrection(
  options: BuyerOperationsOptions,
  tx: Transaction,
  order: CorrectedOrder,
): Promise<{ mailJobId: string | null; noticeJobId: string | null }> {
  const { of, corrected, formerEmail, actor } = order;
  const { tellOldAddress } = options.plans;
  if (!of.payment.paid || of.payment.takenBack) return { mailJobId: null, noticeJobId: null };
  const owed = await owedMail(options, tx, order);
  const mailJobId = owed
    ? ((await notYetWritten(options, tx, { ...order, ...owed })) ??
      (await askForMail(options, tx, { of, plan: owed.plan, order: corrected, actor })))
    : null;
  const noticeJobId = takesMail(order)
    ? await askForMail(options, tx, {
        of,
        plan: tellOldAddress,
        order: { ...corrected, formerEmail },
        actor,
      })
    : null;
  return { mailJobId, noticeJobId };
}

interface OwedMail {
  plan: Plan;
  mailKind: MailKind;
}

/**
 * Receipt and links; links alone for what was given; nothing for what was sold before we began, or was cancelled. A mail of the order's
 * own that has not been written yet is written to the new address by itself.
 */
async function owedMail(
  { buyers, plans }: BuyerOperationsOptions,
  tx: Transaction,
  { of, mails }: CorrectedOrder,
): Promise<OwedMail | undefined> {
  const { job, payment } = of;
  const ownKey = ownMailKey(job, payment.orderId);
  const isWritten = mails.some(({ logicalKey }) => logicalKey === ownKey);
  const sendsNone = ownMailStep(job) === undefined || job.state === 'cancelled';
  if (sendsNone || (isOwnMailOwed(job) && !isWritten)) return undefined;
  const lines = await buyers.ownedLines(tx, payment.id);
  if (lines.length === 0 || lines.every(({ state }) => state === 'revoked')) return undefined;
  return (await buyers.hasReceipt(tx, payment.id))
    ? { plan: plans.resendReceipt, mailKind: 'receipt' }
    : { plan: plans.sendLinks, mailKind: 'new_links' };
}

/** The job of such a mail that was asked for and is not written yet: it goes to the new address by itself. */
async function notYetWritten(
  { buyers }: BuyerOperationsOptions,
  tx: Transaction,
  { of, mails, plan, mailKind }: CorrectedOrder & OwedMail,
): Promise<string | undefined> {
  const written = new Set(mails.map(({ logicalKey }) => logicalKey));
  const asked = await buyers.askedMails(tx, of.payment.id);
  return asked.find(
    ({ kind, state, subjectKey }) =>
      kind === plan.name && state === 'open' && !written.has(askedMailKey(mailKind, subjectKey)),
  )?.jobId;
}

/** An address that has refused all that it was sent would refuse this as well, and somebody would be called for it. */
function takesMail({ mails, formerEmail }: CorrectedOrder): boolean {
  const toOld = mails.filter(({ to }) => to === formerEmail);
  return toOld.length === 0 || toOld.some(({ state, unanswered }) => state !== 'refused' || unanswered);
}
