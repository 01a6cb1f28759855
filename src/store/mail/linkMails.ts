import type pg from 'pg';
import type { LinkMails } from '../../ports/linkMails.ts';
import type { MailKind } from '../../ports/mailLedger.ts';

export interface LinkMailsOptions {
  /** Plans of jobs that send such mails for people who ask, and the kind of mail of each. */
  askedBy: ReadonlyArray<{ plan: string; kind: MailKind }>;
}

/**
 * By time, not by address: links from before a correction have ended, though the address be the same again. A job that
 * was asked for and stands or waits for a person still owes its mail, unless that was written before the correction.
 */
const statement = `
select (select max(m.accepted_at) from fulfillment.email_messages m
         where m.payment_id = $1 and m.state = 'accepted' and m.kind in ('receipt', 'new_links', 'granted')
           and m.created_at >= since.at) as "acceptedAt",
       exists (
         select from fulfillment.fulfillment_jobs j
           join unnest($2::text[], $3::text[]) asked(plan, kind) on asked.plan = j.kind
          where j.payment_id = $1 and j.subject_key is not null and j.state in ('open', 'blocked', 'held')
            and not exists (select from fulfillment.email_messages m
                             where m.logical_key = asked.kind || ':' || j.subject_key
                               and m.created_at < since.at)) as "onItsWay"
  from (select coalesce((select c.corrected_at from fulfillment.buyer_corrections c where c.payment_id = $1),
                        '-infinity') as at) since`;

export function createLinkMails(pool: pg.Pool, { askedBy }: LinkMailsOptions): LinkMails {
  const plans = askedBy.map(({ plan }) => plan);
  const kinds = askedBy.map(({ kind }) => kind);
  return {
    async look(paymentId) {
      const { rows } = await pool.query<{ acceptedAt: Date | null; onItsWay: boolean }>(statement, [
        paymentId,
        plans,
        kinds,
      ]);
      return rows[0] ?? { acceptedAt: null, onItsWay: false };
    },
  };
}
