import type { RecordBatch } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

/**
 * Writes a batch in one statement. The caller holds the dispatch rows (`lockHeld`), so nobody else appends to these
 * timelines or moves these jobs meanwhile.
 */
const statement = `
with steps as (
  insert into fulfillment.fulfillment_job_steps as s (job_id, step, state, attempts, due_at, reason, output, lease_token)
  select x."jobId", x.step, x.state, x.attempts, x."dueAt", x.reason, x.output, x.token
    from jsonb_to_recordset($1) x("jobId" uuid, step text, state text, attempts int, "dueAt" timestamptz, reason text, output jsonb, token bigint)
  on conflict (job_id, step) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         output = coalesce(excluded.output, s.output), lease_token = excluded.lease_token, updated_at = clock_timestamp()
), effects as (
  insert into fulfillment.fulfillment_job_effects as e (job_id, step, effect_key, state, attempts, due_at, reason, evidence, lease_token)
  select x."jobId", x.step, x."effectKey", x.state, x.attempts, x."dueAt", x.reason, x.evidence, x.token
    from jsonb_to_recordset($2) x("jobId" uuid, step text, "effectKey" text, state text, attempts int, "dueAt" timestamptz, reason text, evidence jsonb, token bigint)
  on conflict (job_id, step, effect_key) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         evidence = excluded.evidence, lease_token = excluded.lease_token, updated_at = clock_timestamp()
), events as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select x."jobId",
         coalesce((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = x."jobId"), 0)
           + row_number() over (partition by x."jobId" order by x.ordinal),
         x.kind, x.step, x.actor, x.data
    from jsonb_to_recordset($3) x("jobId" uuid, ordinal int, kind text, step text, actor text, data jsonb)
), jobs as (
  update fulfillment.fulfillment_jobs j
     set state = coalesce(x.state, j.state),
         reason = case when x.state is null then j.reason else x.reason end,
         failed_step = case when x.state is null then j.failed_step else x."failedStep" end,
         finished_at = case when x.state is null then j.finished_at when x.finished then clock_timestamp() end,
         order_snapshot = coalesce(x."order", j.order_snapshot)
    from jsonb_to_recordset($4) x("jobId" uuid, state text, reason text, "failedStep" text, finished boolean, "order" jsonb)
   where j.id = x."jobId"
), waiting as (
  update fulfillment.fulfillment_dispatch d
     set worker = null, due_at = x."dueAt", alone = false, losses_alone = 0
    from jsonb_to_recordset($5) x("jobId" uuid, "dueAt" timestamptz)
   where d.job_id = x."jobId" and x."dueAt" is not null
)
delete from fulfillment.fulfillment_dispatch d
 using jsonb_to_recordset($5) x("jobId" uuid, "dueAt" timestamptz)
 where d.job_id = x."jobId" and x."dueAt" is null`;

/** A job may both change its state and get its order in one batch; one row must not be updated twice by one statement. */
function jobRows(batch: RecordBatch): object[] {
  const orders = new Map(batch.orders.map(({ jobId, order }) => [jobId, order]));
  const changed = batch.jobs.map((job) => ({ ...job, order: orders.get(job.jobId) ?? null }));
  const known = new Set(batch.jobs.map((job) => job.jobId));
  const onlyOrders = batch.orders.filter(({ jobId }) => !known.has(jobId));
  return [...changed, ...onlyOrders];
}

const asJson = (rows: object[]) =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

export async function recordBatch(tx: Transaction, batch: RecordBatch): Promise<void> {
  await clientOf(tx).query(statement, [
    asJson(batch.steps.map(({ jobId, token, ...row }) => ({ jobId, token, ...row }))),
    asJson(batch.effects),
    asJson(batch.events.map((event, ordinal) => ({ ...event, ordinal }))),
    asJson(jobRows(batch)),
    asJson(batch.released),
  ]);
}
