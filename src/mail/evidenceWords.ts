import { bounceText, isAboutAddress, wasRetried } from '../domain/bounces.ts';
import { suggestAddress } from '../domain/emailTypos.ts';
import { domainOf } from '../domain/mailRouting.ts';
import type { AlertToKeep } from '../ports/alertBook.ts';
import {
  type BouncedMail,
  type DelayedMail,
  type FailingReceipt,
  mailRules,
  type StuckEvidence,
} from '../ports/evidenceDesk.ts';

const severity = 'ticket';
const ofBuyers = ['support'];
const ofReceipts = ['lifecycle', 'support'];

/**
 * What support is told of a mail that will not arrive. Of the address only what its domain may be meant to be, and only
 * where the address may be at fault.
 */
export function bouncedAlert(mail: BouncedMail, isSentAgain: boolean): AlertToKeep {
  const { kind, bounce, payment, jobId } = mail;
  const suggested = suggestedDomain(mail);
  const told = [
    `The ${kind.replaceAll('_', ' ')} mail of order ${payment.orderId} came back: ${causeOf(mail)}.`,
    ...(suggested === undefined
      ? []
      : [`The address looks mistyped: ${suggested} may be meant behind the @.`]),
    isSentAgain ? 'Another mail is on its way.' : `Mend: ${commandFor(mail)}`,
  ];
  return {
    rule: mailRules.bounced,
    scope: payment.orderId,
    severity,
    summary: told.join(' '),
    jobId,
    data: {
      audience: ofBuyers,
      mail: kind,
      cause: bounce.cause,
      ...(bounce.status !== undefined && { status: bounce.status }),
      ...(suggested !== undefined && { suggestedDomain: suggested }),
    },
  };
}

/** A receipt whose mail came back. */
export const returnedReceiptAlert = (mail: BouncedMail): AlertToKeep => ({
  rule: mailRules.failing,
  scope: mail.payment.orderId,
  severity,
  summary: `The receipt of order ${mail.payment.orderId} does not get through: its mail came back, ${causeOf(mail)}.`,
  jobId: mail.jobId,
  data: { audience: ofReceipts, cause: mail.bounce.cause },
});

/** A receipt that fails again and again, or a mail in doubt, which is held until a person decides. */
export function failingReceiptAlert(failing: FailingReceipt): AlertToKeep {
  const { orderId, kind, inDoubt, jobId, failures, provider, reason } = failing;
  const code = reason !== null && /^[a-z0-9_]{1,60}$/.test(reason) ? ` (${reason})` : '';
  const last = provider === null ? '' : `, the last one by ${provider}${code}`;
  return {
    rule: mailRules.failing,
    scope: orderId,
    severity,
    summary: inDoubt
      ? `The ${kind.replaceAll('_', ' ')} mail of order ${orderId} is held: nobody can say whether ${provider ?? 'its provider'} has taken it.`
      : `The receipt of order ${orderId} does not get through: ${failures} attempts failed${last}.`,
    jobId,
    data: { audience: ofReceipts, failures, inDoubt },
  };
}

/** A mail that is put off for hours, and may still arrive. */
export function delayedAlert({ orderId, kind, jobId, cause, status }: DelayedMail): AlertToKeep {
  const why = cause === null ? '' : ` (${bounceText({ cause, status, permanence: 'soft' })})`;
  return {
    rule: mailRules.delayed,
    scope: orderId,
    severity,
    summary: `The ${kind.replaceAll('_', ' ')} mail of order ${orderId} is put off${why} and has not arrived for hours; the sending server may still be trying. See: fulfillment orders show ${orderId}`,
    jobId,
    data: { audience: kind === 'receipt' ? ofReceipts : ofBuyers, ...(status !== null && { status }) },
  };
}

const causeOf = ({ bounce }: BouncedMail) => bounceText(bounce);

function suggestedDomain({ toAddress, bounce }: BouncedMail): string | undefined {
  if (!isAboutAddress(bounce)) return undefined;
  const suggested = suggestAddress(toAddress);
  return suggested === undefined ? undefined : domainOf(suggested);
}

/** Where the mailbox may be there, the same mail may get through later; anything else needs another address. */
function commandFor({ kind, bounce, payment: { orderId } }: BouncedMail): string {
  const isThere = ['mailbox_full', 'content', 'policy'].includes(bounce.cause) || wasRetried(bounce);
  if (kind === 'receipt' && isThere)
    return `fulfillment orders resend-receipt ${orderId}, or set-recipient if the buyer has another address.`;
  return `fulfillment orders set-recipient ${orderId} --email <address> --reason "<why>"`;
}

const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50];

/** A count that does not change with every mail: whoever has seen an alert should find it as it was. */
export function aboutSoMany(count: number): string {
  const scale = count >= 100 ? 10 ** (Math.floor(Math.log10(count)) - 1) : 1;
  const atLeast = (steps.findLast((step) => step * scale <= count) ?? 1) * scale;
  return atLeast === count && count <= 10 ? String(count) : `at least ${atLeast}`;
}

export const stuckRule = 'mail_evidence_stuck';

/** The ids are of `email_evidence`: whoever mends it looks there. */
export function stuckAlert({ pieces, ids }: StuckEvidence): AlertToKeep {
  return {
    rule: stuckRule,
    scope: '',
    severity,
    summary: `What was heard of mails cannot be worked on (pieces: ${aboutSoMany(pieces)}), and is tried again at least every hour: bounces may go unnoticed, and jobs may wait for what is known. The logs tell why.`,
    data: { evidence: ids },
  };
}

export const sourceRule = 'mail_source_failing';

export const sourceAlert = (source: string, reason: string): AlertToKeep => ({
  rule: sourceRule,
  scope: source,
  severity,
  summary: `What becomes of mails is not read from ${source} any more (${reason}): bounces and proofs that come there are not seen. See: fulfillment mail status`,
});

export const unreadableRule = 'mail_report_unreadable';

export const refusedReportRule = 'mail_report_refused';

/** Anybody can send such a report; but so does the provider when the secret here is not its own any more. */
export const refusedReportAlert = (provider: string, reason: string): AlertToKeep => ({
  rule: refusedReportRule,
  scope: provider,
  severity,
  summary: `Delivery reports of ${provider} are refused (${reason}): the signing secret or the clock may be wrong, and nothing is heard of its mails.`,
});

export const unreadableAlert = (provider: string, reason: string): AlertToKeep => ({
  rule: unreadableRule,
  scope: provider,
  severity,
  summary: `Signed delivery reports of ${provider} are not of a shape we know (${reason}) and are answered with 422.`,
});
