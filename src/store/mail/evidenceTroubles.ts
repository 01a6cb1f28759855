import type pg from 'pg';
import type { BouncedMail, DelayedMail, FailingReceipt, MailRule } from '../../ports/evidenceDesk.ts';
import { mailRules } from '../../ports/evidenceDesk.ts';
import { ask } from '../shelf/ask.ts';

/**
 * Whether a mail `m` of a payment `p` needs nobody any more: the money went back, the address was corrected since, or a
 * later mail has come through. Of one that is only taken, that can be said after a day.
 */
const isMended = `
  (coalesce((p.facts ->> 'taken_back')::boolean, false)
   or exists (select from fulfillment.buyer_corrections c
               where c.payment_id = m.payment_id and c.corrected_at > m.created_at)
   or exists (select from fulfillment.email_messages l
               where l.payment_id = m.payment_id and l.id > m.id and l.kind in (m.kind, 'receipt')
                 and (l.delivery in ('delivered', 'complained')
                      or l.delivery = 'accepted' and l.proven_at < clock_timestamp() - interval '1 day')))`;

/** Where people look for it: the order's own job, or else the job that sent the mail. */
const ownJob = `
  coalesce((select j.id from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'fulfil'),
           (select j.id from fulfillment.fulfillment_jobs j
             where j.payment_id = p.id and j.subject_key is not null and j.kind in ('adopt', 'grant') order by j.id limit 1),
           m.job_id)`;

const failures = `
  (select count(*)::int from fulfillment.email_attempts a
    where a.message_id = m.id and a.outcome in ('refused', 'unknown'))`;

/** Nobody can say whether it was taken, so a person is to decide. */
const inDoubt = `
  exists (select from fulfillment.fulfillment_job_effects f
           where f.job_id = m.job_id and f.effect_key = m.logical_key
             and f.state = 'blocked' and f.reason = 'mail_outcome_unknown')`;

const bounces = `
select e.id as "evidenceId", m.id as "mailId", m.kind, coalesce(e.provider, m.provider) as provider,
       jsonb_strip_nulls(jsonb_build_object('permanence', e.permanence, 'cause', e.cause, 'status', e.status)) as bounce,
       m.to_address as "toAddress",
       jsonb_build_object('id', p.id, 'orderId', p.order_id, 'paid', p.paid,
         'takenBack', coalesce((p.facts ->> 'taken_back')::boolean, false)) as payment,
       own.id as "jobId", j.order_snapshot as "order", ${isMended} as mended,
       array(select distinct b.provider from fulfillment.email_messages b
              where b.payment_id = m.payment_id and b.delivery = 'bounced' and b.provider is not null
                and b.to_address = m.to_address) as "cameBack",
       exists (select from fulfillment.fulfillment_jobs o
                where o.payment_id = m.payment_id and o.subject_key is not null and o.kind = any($2)
                  and o.state in ('open', 'blocked', 'held')) as "onItsWay"
  from fulfillment.email_evidence e
  join fulfillment.email_messages m on m.id = e.message_id
  join fulfillment.payments p on p.id = m.payment_id
  cross join lateral (select ${ownJob} as id) own
  left join fulfillment.fulfillment_jobs j on j.id = own.id
 where e.kind = 'bounced' and e.permanence = 'hard' and e.acted_at is null and e.message_id is not null
   and e.due_at <= clock_timestamp()
 order by e.due_at, e.id limit $1`;

/** Mails that came back for good, that nothing was done about and that are due, the longest due first. */
export const readBounces = (
  pool: pg.Pool,
  { limit, linkPlans }: { limit: number; linkPlans: readonly string[] },
) => ask<BouncedMail & pg.QueryResultRow>(pool, bounces, [limit, linkPlans]);

// By the keys of mails that nobody has taken, of a day: an index on what attempts come to would cost every one of them.
// An index can be looked up by the time of the statement, and not by a clock that moves on meanwhile.
const failing = `
select p.order_id as "orderId", m.kind, ${ownJob} as "jobId", ${failures} as failures, ${inDoubt} as "inDoubt",
       last.provider, last.detail as reason
  from fulfillment.email_messages m
  join fulfillment.payments p on p.id = m.payment_id
  cross join lateral (select a.provider, a.detail, a.finished_at from fulfillment.email_attempts a
                       where a.message_id = m.id and a.outcome in ('refused', 'unknown')
                       order by a.attempt desc limit 1) last
 where m.id >= fulfillment.uuid_v7_floor(statement_timestamp() - interval '1 day')
   and m.accepted_at is null and m.state in ('queued', 'unknown', 'refused')
   and (m.kind = 'receipt' and last.finished_at > clock_timestamp() - interval '1 hour' and ${failures} >= $1
        or ${inDoubt})
   and not ${isMended}
 order by m.id limit 200`;

export const failingReceipts = (pool: pg.Pool, refusalsMin: number) =>
  ask<FailingReceipt & pg.QueryResultRow>(pool, failing, [refusalsMin]);

const delayed = `
select p.order_id as "orderId", m.kind, ${ownJob} as "jobId", last.cause, last.status
  from fulfillment.email_messages m
  join fulfillment.payments p on p.id = m.payment_id
  cross join lateral (select e.cause, e.status, min(e.received_at) over () as since from fulfillment.email_evidence e
                       where e.message_id = m.id and (e.kind = 'delayed' or e.permanence = 'soft')
                       order by e.at desc limit 1) last
 where m.delivery = 'delayed' and m.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '14 days')
   and last.since < clock_timestamp() - $1 * interval '1 millisecond'
   and m.kind <> 'address_changed' and not ${isMended}
 order by m.id limit 200`;

export const delayedMails = (pool: pg.Pool, afterMs: number) =>
  ask<DelayedMail & pg.QueryResultRow>(pool, delayed, [afterMs]);

/** What makes an alert of the rule hold, of a mail `m`; $1 is how many refusals are too many. */
const troubles: Record<MailRule, string> = {
  [mailRules.bounced]: `
    m.delivery = 'bounced' and m.kind <> 'address_changed' and $1::int is not null
    and exists (select from fulfillment.email_evidence e
                 where e.message_id = m.id and e.kind = 'bounced' and e.permanence = 'hard')`,
  [mailRules.failing]: `
    (m.kind = 'receipt' and m.delivery = 'bounced'
     or m.accepted_at is null and m.state in ('queued', 'unknown', 'refused')
        and (m.kind = 'receipt' and ${failures} >= $1 or ${inDoubt}))`,
  [mailRules.delayed]: `
    m.delivery = 'delayed' and $1::int is not null
    and m.id >= fulfillment.uuid_v7_floor(clock_timestamp() - interval '14 days')`,
};

const openScopes = (rule: MailRule) => `
select a.scope from fulfillment.alerts a
 where a.rule = '${rule}' and a.resolved_at is null
   and not exists (select from fulfillment.payments p join fulfillment.email_messages m on m.payment_id = p.id
                    where p.order_id = a.scope and ${troubles[rule]} and not ${isMended})
 order by a.opened_at limit 500`;

const scopesOf = (rows: Array<{ scope: string }>) => rows.map(({ scope }) => scope);

/** Orders that open alerts of a rule are about, and that need nothing any more. */
export const mended = async (pool: pg.Pool, rule: MailRule, refusalsMin: number): Promise<string[]> =>
  scopesOf(await ask<{ scope: string }>(pool, openScopes(rule), [refusalsMin]));

const unseen = `
select a.scope from fulfillment.alerts a
 where a.rule = $1 and a.resolved_at is null and a.seen_at < clock_timestamp() - $2 * interval '1 millisecond' limit 500`;

export const quiet = async (pool: pg.Pool, rule: string, forMs: number): Promise<string[]> =>
  scopesOf(await ask<{ scope: string }>(pool, unseen, [rule, forMs]));
