import type pg from 'pg';
import { planKey } from '../../domain/plan.ts';
import type { NewJob } from '../../ports/jobEnqueue.ts';

/** Job, dispatch row and the first line of the timeline, for all jobs of one plan. Known subjects are left alone. */
const statement = `
with new as (
  select fulfillment.uuid_v7() as id, x.* from unnest($4::text[], $5::jsonb[], $6::float8[], $7::float8[])
    x(subject_key, order_snapshot, sla_seconds, delay_ms)
), jobs as (
  insert into fulfillment.fulfillment_jobs (id, kind, subject_key, plan_id, order_snapshot, sla_deadline)
  select id, $1, subject_key, (select fulfillment.plan_id($2)), order_snapshot, clock_timestamp() + sla_seconds * interval '1 second' from new
  on conflict (kind, subject_key) where subject_key is not null do nothing
  returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
  select id, $3, clock_timestamp() + delay_ms * interval '1 millisecond' from new join jobs using (id)
)
insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
select id, 1, 'job.accepted', 'door:program' from jobs`;

/**
 * Adds jobs that are about something else than a payment.
 *
 * @returns how many were new; the others were known by plan name and subject key
 */
export async function enqueueJobs(pool: pg.Pool, jobs: NewJob[]): Promise<number> {
  const byPlan = new Map<string, NewJob[]>();
  for (const job of jobs) {
    const key = planKey(job.plan);
    const group = byPlan.get(key);
    if (group) group.push(job);
    else byPlan.set(key, [job]);
  }
  let added = 0;
  for (const [key, group] of byPlan) added += await enqueueGroup(pool, key, group);
  return added;
}

async function enqueueGroup(pool: pg.Pool, key: string, jobs: NewJob[]): Promise<number> {
  const [first] = jobs;
  if (!first) return 0;
  const { rowCount } = await pool.query(statement, [
    first.plan.name,
    JSON.stringify(first.plan),
    key,
    jobs.map((job) => job.subjectKey),
    jobs.map((job) => JSON.stringify(job.order)),
    jobs.map((job) => job.slaSeconds),
    jobs.map((job) => job.delayMs ?? 0),
  ]);
  return rowCount ?? 0;
}
