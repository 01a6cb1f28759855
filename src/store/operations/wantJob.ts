import { planKey } from '../../domain/plan.ts';
import type { WantedJob } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

const statement = `
with job as (
  insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, order_snapshot, sla_deadline)
  values ($1, $2, $3, (select fulfillment.plan_id($4)), $5, clock_timestamp() + $6 * interval '1 second')
  on conflict (kind, subject_key) where subject_key is not null do nothing
  returning id
), dispatch as (
  insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
  select id, $7, clock_timestamp() from job
), told as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
  select id, 1, 'job.accepted', $8 from job
)
select id from job`;

export async function wantJob(
  tx: Transaction,
  wanted: WantedJob,
): Promise<{ jobId: string; isNew: boolean }> {
  const { plan, subjectKey } = wanted;
  const [added] = await queryIn<{ id: string }>(tx, statement, [
    plan.name,
    subjectKey,
    wanted.paymentId,
    JSON.stringify(plan),
    JSON.stringify(wanted.order),
    wanted.slaSeconds,
    planKey(plan),
    wanted.actor,
  ]);
  if (added) return { jobId: added.id, isNew: true };
  const [known] = await queryIn<{ id: string }>(
    tx,
    'select j.id from fulfillment.fulfillment_jobs j where j.kind = $1 and j.subject_key = $2',
    [plan.name, subjectKey],
  );
  if (!known) throw new Error('The job was neither added nor known.');
  return { jobId: known.id, isNew: false };
}
