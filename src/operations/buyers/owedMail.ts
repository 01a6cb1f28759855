import { askedMailKey } from '../../domain/effectKey.ts';
import type { Plan } from '../../domain/plan.ts';
import type { MailOfOrder } from '../../ports/buyerControl.ts';
import type { MailKind } from '../../ports/mailLedger.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { atWork } from '../jobs/wrongState.ts';
import { askForMail, type BuyerOperationsOptions } from './askForMail.ts';
import type { OrderUnderLock } from './orderUnderLock.ts';
import { isOwnMailOwed, ownMailKey, sendsOwnMail } from './ownMail.ts';

export interface OrderToMail {
  of: OrderUnderLock;
  /** Its mails as they are now. */
  mails: MailOfOrder[];
  /** The order with its present address. */
  order: JsonObject;
  actor: string;
  /** A worker may have seen just now that nothing was to be sent: what is in a worker's hands is no promise. */
  inDoubt?: boolean;
}

/**
 * Sees to it that the present address has receipt and links: by the order's own mail, by one that was asked for before,
 * or by one that is asked for now.
 *
 * @returns the job by which they come; null when the order itself sends them, or the address lacks nothing
 * @throws Refusal `job_at_work` when it is in doubt whether what a worker has in hand will bring them
 */
export async function askForOwedMail(
  options: BuyerOperationsOptions,
  tx: Transaction,
  asked: OrderToMail,
): Promise<string | null> {
  const { of, order, actor } = asked;
  if (!sendsOwnMail(of.job) || goesByItself(asked)) return null;
  const lacking = await lackingMail(options, tx, asked);
  if (!lacking) return null;
  return (
    (await onItsWay(options, tx, asked, lacking)) ??
    (await askForMail(options, tx, { of, plan: lacking.plan, order, actor }))
  );
}

/** Whether the order's own mail is still to come, to the present address: one of before the correction is given up. */
function goesByItself({ of: { job, payment }, mails, inDoubt = false }: OrderToMail): boolean {
  const ownKey = ownMailKey(job, payment.orderId);
  const isGivenUp = mails.some(({ logicalKey, outdated }) => outdated && logicalKey === ownKey);
  if (!isOwnMailOwed(job) || isGivenUp) return false;
  if (inDoubt && job.leased) throw atWork();
  return true;
}

interface LackingMail {
  plan: Plan;
  /** Plans of mails that bring what is lacking, and the kinds of their mails. */
  broughtBy: Map<string, MailKind>;
}

/** The receipt, which brings links; or links alone, to whoever has the receipt or was given the books. */
async function lackingMail(
  { buyers, plans: { resendReceipt, sendLinks } }: BuyerOperationsOptions,
  tx: Transaction,
  { of: { payment }, mails }: OrderToMail,
): Promise<LackingMail | undefined> {
  const lines = await buyers.ownedLines(tx, payment.id);
  if (lines.every(({ state }) => state === 'revoked')) return undefined;
  const hasComeTo = mails.some(
    ({ kind, state, outdated }) => kind === 'receipt' && state === 'accepted' && !outdated,
  );
  const receipt = {
    plan: resendReceipt,
    broughtBy: new Map<string, MailKind>([[resendReceipt.name, 'receipt']]),
  };
  if (!hasComeTo && (await buyers.hasReceipt(tx, payment.id))) return receipt;
  if ((await buyers.unlinkedLines(tx, payment.id)).length === 0) return undefined;
  return { plan: sendLinks, broughtBy: new Map([...receipt.broughtBy, [sendLinks.name, 'new_links']]) };
}

/** The job of such a mail that was asked for and has not gone out; one of before the correction is given up. */
async function onItsWay(
  { buyers }: BuyerOperationsOptions,
  tx: Transaction,
  { of: { payment }, mails, inDoubt = false }: OrderToMail,
  { broughtBy }: LackingMail,
): Promise<string | undefined> {
  const givenUp = new Set(mails.filter(({ outdated }) => outdated).map(({ logicalKey }) => logicalKey));
  const asked = await buyers.askedMails(tx, payment.id);
  const found = asked.find(({ kind, state, subjectKey }) => {
    const mailKind = broughtBy.get(kind);
    return mailKind !== undefined && state === 'open' && !givenUp.has(askedMailKey(mailKind, subjectKey));
  });
  if (found && inDoubt && !(await buyers.idleAskedMails(tx, payment.id)).includes(found.jobId))
    throw atWork();
  return found?.jobId;
}
