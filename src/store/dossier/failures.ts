import { z } from 'zod';
import type { FailedJob, FailureGroup, FailureLedger } from '../../ports/failures.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** The latest jobs of each state that are looked at. */
const lookedAtMax = 5_000;
const groupsMax = 200;
const samplesMax = 5;

/**
 * Jobs that have failed or are blocked, with what was told last of why. Read from the index over such jobs, the latest
 * first; the rest is looked up by key. A job that is looked at again and is still blocked tells nothing, so its line says
 * since when it is.
 */
const seen = (max: string) => `
latest as materialized (
  (select j.* from fulfillment.fulfillment_jobs j where j.attention = 'failed' order by j.attention desc, j.id desc limit ${max})
  union all
  (select j.* from fulfillment.fulfillment_jobs j where j.attention = 'blocked' order by j.attention desc, j.id desc limit ${max})
), at_step as materialized (
  select l.*, coalesce(case when l.state = 'failed' then l.failed_step end, s.step) as step, s.attempts
    from latest l
    left join lateral (
      select x.step, x.attempts from fulfillment.fulfillment_job_steps x
       where x.job_id = l.id and x.state = l.state and (l.state = 'blocked' or x.step = l.failed_step)
       order by (x.reason = l.reason) desc, x.step limit 1) s on true
), seen as materialized (
  select a.id, a.kind, a.state, a.step, a.reason, a.payment_id, a.created_at, coalesce(a.attempts, 0) as attempts,
         told.provider, told.detail, coalesce(told.at, a.finished_at, a.created_at) as since,
         p.order_id, p.payment_key, p.amount, p.currency,
         substr(md5(jsonb_build_array(a.state, a.step, a.reason, told.provider)::text), 1, 12) as fingerprint
    from at_step a
    left join lateral (
      select e.at, e.data ->> 'provider' as provider, coalesce(e.data ->> 'message', e.data ->> 'detail') as detail
        from fulfillment.fulfillment_job_events e
       where e.job_id = a.id and e.step = a.step and e.data ->> 'reason' = a.reason
       order by e.seq desc limit 1) told on true
    left join lateral (select * from fulfillment.payments x where x.id = a.payment_id limit 1) p on true
)`;

const groups = `
with ${seen('$1')}, money as (
  select d.fingerprint, d.currency, sum(d.amount) as amount
    from (select distinct s.fingerprint, s.payment_id, s.currency, s.amount from seen s where s.currency is not null) d
   group by d.fingerprint, d.currency
)
select s.fingerprint, s.state, s.step, s.reason, s.provider, count(*)::integer as jobs,
       count(distinct s.payment_id)::integer as payments,
       min(s.since) as "firstSeenAt", max(s.since) as "lastSeenAt",
       (array_agg(s.id order by s.id desc))[1:${samplesMax}] as "sampleJobIds",
       coalesce((select jsonb_agg(jsonb_build_object('currency', m.currency, 'amountMinor', m.amount) order by m.currency)
          from money m where m.fingerprint = s.fingerprint), '[]') as amounts,
       (select count(*)::integer from seen) as "lookedAt",
       (select coalesce(max(x.jobs), 0) < $1 from (select count(*) as jobs from seen group by state) x) as complete
  from seen s
 group by s.fingerprint, s.state, s.step, s.reason, s.provider
 order by jobs desc, "lastSeenAt" desc, s.fingerprint
 limit ${groupsMax}`;

const groupRow = z.object({
  fingerprint: z.string(),
  state: z.enum(['failed', 'blocked']),
  step: z.string().nullable(),
  reason: z.string(),
  provider: z.string().nullable(),
  jobs: z.number(),
  payments: z.number(),
  amounts: z.array(z.object({ currency: z.string(), amountMinor: z.number() })),
  firstSeenAt: z.date(),
  lastSeenAt: z.date(),
  sampleJobIds: z.array(z.string()),
});

const jobs = `
with ${seen('$1')}
select s.id as "jobId", s.kind, s.order_id as "orderId", s.payment_key as "paymentKey", s.amount as "amountMinor",
       s.currency, s.created_at as "createdAt", s.since, s.attempts, s.detail
  from seen s
 where s.fingerprint = $2 and ($3::uuid is null or s.id < $3)
 order by s.id desc limit $4`;

type JobRow = Omit<FailedJob, 'amountMinor'> & { amountMinor: bigint | string | null };

/** @param database a pool that logs in as `fulfillment_operations` */
export const createFailureLedger = (database: Database): FailureLedger => ({
  async groups() {
    const rows = await ask<FailureGroup & { lookedAt: number; complete: boolean }>(database, groups, [
      lookedAtMax,
    ]);
    const [first] = rows;
    return {
      groups: z.array(groupRow).parse(rows),
      lookedAt: first?.lookedAt ?? 0,
      complete: first?.complete ?? true,
    };
  },

  async jobs({ fingerprint, limit, before }) {
    const rows = await ask<JobRow>(database, jobs, [lookedAtMax, fingerprint, before ?? null, limit + 1]);
    return rows.map((row) => ({
      ...row,
      amountMinor: row.amountMinor === null ? null : Number(row.amountMinor),
    }));
  },
});
