import type { RecordBatch, TimelineEvent } from '../../ports/jobStore.ts';
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
), last_events as (
  select t.job_id, coalesce((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = t.job_id), 0) as seq
    from unnest($6::uuid[]) t(job_id)
), events as (
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select x."jobId", l.seq + x.ordinal, x.kind, x.step, x.actor, x.data
    from jsonb_to_recordset($3) x("jobId" uuid, ordinal int, kind text, step text, actor text, data jsonb)
    join last_events l on l.job_id = x."jobId"
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
     set worker = null, due_at = x."dueAt", isolation = 0, losses_alone = 0
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

/** Numbers each job's events from 1, and says which jobs have any. */
function numbered(events: TimelineEvent[]) {
  const counts = new Map<string, number>();
  const rows = events.map((event) => {
    const ordinal = (counts.get(event.jobId) ?? 0) + 1;
    counts.set(event.jobId, ordinal);
    const { jobId, kind, step, actor, data } = event;
    return { jobId, ordinal, kind, step, actor, data };
  });
  return { rows, jobIds: [...counts.keys()] };
}

type StepRows = RecordBatch['steps'];
type EffectRows = RecordBatch['effects'];

// Spelled out, for these are the most numerous objects of a busy worker. JSON knows no bigint: the token goes as text.
const stepRows = (steps: StepRows) =>
  steps.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: String(lease.token),
    step: row.step,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.dueAt,
    reason: row.reason,
    output: row.output,
  }));
const effectRows = (effects: EffectRows) =>
  effects.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: String(lease.token),
    step: row.step,
    effectKey: row.effectKey,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.dueAt,
    reason: row.reason,
    evidence: row.evidence,
  }));

export async function recordBatch(tx: Transaction, batch: RecordBatch): Promise<void> {
  const events = numbered(batch.events);
  await clientOf(tx).query(statement, [
    JSON.stringify(stepRows(batch.steps)),
    JSON.stringify(effectRows(batch.effects)),
    JSON.stringify(events.rows),
    JSON.stringify(jobRows(batch)),
    JSON.stringify(batch.released),
    events.jobIds,
  ]);
}
