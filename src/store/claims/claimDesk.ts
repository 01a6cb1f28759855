import type pg from 'pg';
import { type Plan, planKey } from '../../domain/plan.ts';
import type { ClaimDesk, ReminderOver } from '../../ports/claimDesk.ts';

/** Over a pool that logs in as `fulfillment_worker`. */
export function createClaimDesk(pool: pg.Pool, { reminderPlan }: { reminderPlan: Plan }): ClaimDesk {
  return {
    async lookAtCode(codeId) {
      const { rows } = await pool.query<{ expires_at: Date; is_over: boolean; is_claimed: boolean }>(
        `select c.expires_at, c.ended_at is not null or c.expires_at <= clock_timestamp() as is_over,
                o.state = 'claimed' as is_claimed
           from fulfillment.claim_codes c join fulfillment.profiles o on o.id = c.profile_id where c.id = $1`,
        [codeId],
      );
      const [row] = rows;
      if (row?.is_claimed) return { over: 'claimed' };
      return row && !row.is_over ? { expiresAt: row.expires_at } : { over: 'code_over' };
    },

    async lookAtReminder(profileId, paymentId) {
      const { rows } = await pool.query<{ over: ReminderOver | null }>(
        `select case when o.state = 'claimed' then 'claimed'
                     when o.reminders_stopped_at is not null then 'reminders_stopped'
                     when not exists (select from fulfillment.ebook_entitlements e
                                       where e.profile_id = o.id and e.payment_id = $2 and e.state <> 'revoked')
                       then 'nothing_to_claim' end as over
           from fulfillment.profiles o where o.id = $1`,
        [profileId, paymentId],
      );
      const [row] = rows;
      return row ? (row.over ?? undefined) : 'nothing_to_claim';
    },

    async remind() {
      const { rows } = await pool.query<{ reminded: string[] | null; is_caught_up: boolean }>(
        remindStatement,
        [JSON.stringify(reminderPlan), planKey(reminderPlan), reminderPlan.name],
      );
      // Somebody else is at it.
      const [row] = rows;
      return row
        ? { reminded: row.reminded ?? [], isCaughtUp: row.is_caught_up }
        : { reminded: [], isCaughtUp: true };
    },
  };
}

/**
 * One stretch of an hour. Purchases are found by the time in their rights' keys, so what is due costs what is due. The
 * latest purchase of a guest counts. After an outage the second reminder comes days after the first or not at all.
 */
const remindStatement = `
with watch as (
  select greatest(w.seen_until, clock_timestamp() - interval '8 days') as since
    from fulfillment.claim_reminder_watch w for update skip locked
), stretch as (
  select since, least(since + interval '1 hour', clock_timestamp()) as until from watch
), due as (
  select 1 as number, e.id, e.profile_id, e.payment_id
    from stretch s join fulfillment.ebook_entitlements e
      on e.id >= fulfillment.uuid_v7_floor(s.since - interval '24 hours')
     and e.id < fulfillment.uuid_v7_floor(s.until - interval '24 hours')
   where e.state = 'pending_claim' and e.created_at > clock_timestamp() - interval '7 days'
  union all
  select 2, e.id, e.profile_id, e.payment_id
    from stretch s join fulfillment.ebook_entitlements e
      on e.id >= fulfillment.uuid_v7_floor(s.since - interval '7 days')
     and e.id < fulfillment.uuid_v7_floor(s.until - interval '7 days')
   where e.state = 'pending_claim' and e.created_at > clock_timestamp() - interval '8 days'
), chosen as (
  select distinct on (d.profile_id) d.number, d.profile_id, d.payment_id, j.order_snapshot,
         o.email as address
    from due d
    join fulfillment.profiles o on o.id = d.profile_id and o.state = 'pending_claim' and o.reminders_stopped_at is null
    join fulfillment.fulfillment_jobs j on j.payment_id = d.payment_id and j.kind = 'fulfil' and j.state = 'completed'
   where j.order_snapshot is not null
     and not exists (select from fulfillment.ebook_entitlements later
                      where later.profile_id = d.profile_id and later.payment_id > d.payment_id
                        and later.state = 'pending_claim')
     and not exists (select from fulfillment.claim_reminders r
                      where r.profile_id = d.profile_id
                        and (r.number >= d.number or r.at > clock_timestamp() - interval '3 days'))
     and (select count(*) from fulfillment.claim_codes k
           where k.profile_id = d.profile_id and k.asked_at > clock_timestamp() - interval '24 hours') < 3
   order by d.profile_id, d.number desc, d.id
), noted as (
  insert into fulfillment.claim_reminders (profile_id, number)
  select profile_id, number from chosen
  on conflict do nothing
  returning profile_id, number
), new as (
  select fulfillment.uuid_v7() as id, n.profile_id, n.number, c.payment_id,
         c.order_snapshot || jsonb_build_object('claim', jsonb_build_object(
           'profileId', n.profile_id, 'number', n.number, 'to', c.address)) as order_snapshot
    from noted n join chosen c using (profile_id, number)
), jobs as (
  insert into fulfillment.fulfillment_jobs (id, kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
  select id, $3, profile_id || '/' || number, payment_id, (select fulfillment.plan_id($1)), order_snapshot,
         clock_timestamp() + interval '1 day'
    from new
  returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
  select id, $2, clock_timestamp() from jobs
), told as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
  select id, 1, 'job.accepted', 'duty:claim_reminders' from jobs
), tracked as (
  select fulfillment.track('entitlement.claim_initiated', n.profile_id || '/' || n.number,
                           jsonb_build_object('language', o.language)) as done
    from new n join fulfillment.profiles o on o.id = n.profile_id
), moved as (
  update fulfillment.claim_reminder_watch w set seen_until = s.until from stretch s
)
select (select array_agg(profile_id) from new) as reminded, (select count(done) from tracked) as tracked,
       s.until > clock_timestamp() - interval '1 minute' as is_caught_up
  from stretch s`;
