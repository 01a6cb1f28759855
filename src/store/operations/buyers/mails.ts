import type { AskedMail, MailOfOrder } from '../../../ports/buyerControl.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { queryIn } from '../../transaction.ts';

export async function hasReceipt(tx: Transaction, paymentId: string): Promise<boolean> {
  const rows = await queryIn(tx, 'select 1 from fulfillment.receipts r where r.payment_id = $1', [paymentId]);
  return rows.length > 0;
}

/** Mails of a payment, the oldest first. Nobody announces another one as long as the payment is locked. */
export function mailsOf(tx: Transaction, paymentId: string): Promise<MailOfOrder[]> {
  return queryIn<MailOfOrder>(
    tx,
    `select m.logical_key as "logicalKey", m.kind, m.to_address as "to", m.state,
            coalesce(m.created_at < c.corrected_at, false) as outdated,
            coalesce((select bool_or(coalesce(a.outcome, 'unknown') = 'unknown')
                        from fulfillment.email_attempts a where a.message_id = m.id), false) as unanswered
       from fulfillment.email_messages m
       left join fulfillment.buyer_corrections c on c.payment_id = m.payment_id
      where m.payment_id = $1 order by m.id`,
    [paymentId],
  );
}

/** Jobs of a payment that have a subject of their own: those that staff has asked for. */
export function askedMails(tx: Transaction, paymentId: string): Promise<AskedMail[]> {
  return queryIn<AskedMail>(
    tx,
    `select j.id as "jobId", j.kind, j.subject_key as "subjectKey", j.state from fulfillment.fulfillment_jobs j
      where j.payment_id = $1 and j.subject_key is not null order by j.id`,
    [paymentId],
  );
}

/**
 * Takes hold of the dispatch rows of such jobs that nobody works on. Rows in dispatch come before the payment, which is
 * locked already (DESIGN law 7): so no row is waited for, and one that is not to be had counts as being worked on.
 */
export async function idleAskedMails(tx: Transaction, paymentId: string): Promise<string[]> {
  const rows = await queryIn<{ jobId: string }>(
    tx,
    `select d.job_id as "jobId" from fulfillment.fulfillment_dispatch d
      where d.job_id in (select j.id from fulfillment.fulfillment_jobs j
                          where j.payment_id = $1 and j.subject_key is not null)
        and (d.worker is null or d.due_at <= clock_timestamp())
        for no key update skip locked`,
    [paymentId],
  );
  return rows.map(({ jobId }) => jobId);
}
