import type { MailOfOrder } from '../../ports/buyerControl.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { askForMail, type BuyerOperationsOptions } from './askForMail.ts';
import type { OrderUnderLock } from './orderUnderLock.ts';
import { askForOwedMail } from './owedMail.ts';

export interface CorrectedOrder {
  of: OrderUnderLock;
  /** Mails that were written before the correction. */
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
  const { of, mails, corrected, formerEmail, actor } = order;
  if (!of.payment.paid || of.payment.takenBack) return { mailJobId: null, noticeJobId: null };
  const mailJobId = await askForOwedMail(options, tx, { of, mails, order: corrected, actor });
  if (!takesMail(order)) return { mailJobId, noticeJobId: null };
  const noticeJobId = await askForMail(options, tx, {
    of,
    plan: options.plans.tellOldAddress,
    order: { ...corrected, formerEmail },
    actor,
  });
  return { mailJobId, noticeJobId };
}

/** An address that has refused all that it was sent would refuse this as well, and somebody would be called for it. */
function takesMail({ mails, formerEmail }: CorrectedOrder): boolean {
  const toOld = mails.filter(({ to }) => to === formerEmail);
  return toOld.length === 0 || toOld.some(({ state, unanswered }) => state !== 'refused' || unanswered);
}
