import type { RecordBatch, TimelineEvent } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

/** One table's share of a batch: its rows as JSON, and what is done with them. `$` stands for the rows. */
const parts = {
  steps: `
  insert into fulfillment.fulfillment_job_steps as s (job_id, step, state, attempts, due_at, reason, output, lease_token)
  select x."jobId", x.step, x.state, x.attempts, x."dueAt", x.reason, x.output, x.token
    from jsonb_to_recordset($) x("jobId" uuid, step text, state text, attempts int, "dueAt" timestamptz, reason text, output jsonb, token bigint)
  on conflict (job_id, step) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         output = coalesce(excluded.output, s.output), lease_token = excluded.lease_token, updated_at = clock_timestamp()`,

  effects: `
  insert into fulfillment.fulfillment_job_effects as e (job_id, step, effect_key, state, attempts, due_at, reason, evidence, lease_token)
  select x."jobId", x.step, x."effectKey", x.state, x.attempts, x."dueAt", x.reason, x.evidence, x.token
    from jsonb_to_recordset($) x("jobId" uuid, step text, "effectKey" text, state text, attempts int, "dueAt" timestamptz, reason text, evidence jsonb, token bigint)
  on conflict (job_id, step, effect_key) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         evidence = excluded.evidence, lease_token = excluded.lease_token, updated_at = clock_timestamp()`,

  // The last number is looked up once per job: a subquery per line would cost as much as the line.
  events: `
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select t."jobId", last.seq + x.ordinal, x.kind, x.step, x.actor, x.data
    from jsonb_to_recordset($) t("jobId" uuid, lines jsonb)
   cross join lateral (
     select coalesce(max(e.seq), 0) as seq from fulfillment.fulfillment_job_events e where e.job_id = t."jobId") last
   cross join lateral jsonb_to_recordset(t.lines) x(ordinal int, kind text, step text, actor text, data jsonb)`,

  jobs: `
  update fulfillment.fulfillment_jobs j
     set state = coalesce(x.state, j.state),
         reason = case when x.state is null then j.reason else x.reason end,
         failed_step = case when x.state is null then j.failed_step else x."failedStep" end,
         finished_at = case when x.state is null then j.finished_at when x.finished then clock_timestamp() end,
         order_snapshot = coalesce(x."order", j.order_snapshot)
    from jsonb_to_recordset($) x("jobId" uuid, state text, reason text, "failedStep" text, finished boolean, "order" jsonb)
   where j.id = x."jobId"`,

  waiting: `
  update fulfillment.fulfillment_dispatch d
     set worker = null, due_at = x."dueAt", isolation = 0, losses_alone = 0
    from jsonb_to_recordset($) x("jobId" uuid, "dueAt" timestamptz)
   where d.job_id = x."jobId"`,

  over: `
  delete from fulfillment.fulfillment_dispatch d
   using jsonb_to_recordset($) x("jobId" uuid)
   where d.job_id = x."jobId"`,
};

/** A job may both change its state and get its order in one batch; one row must not be updated twice by one statement. */
function jobRows(batch: RecordBatch): object[] {
  const orders = new Map(batch.orders.map(({ jobId, order }) => [jobId, order]));
  const changed = batch.jobs.map((job) => ({ ...job, order: orders.get(job.jobId) ?? null }));
  const known = new Set(batch.jobs.map((job) => job.jobId));
  const onlyOrders = batch.orders.filter(({ jobId }) => !known.has(jobId));
  return [...changed, ...onlyOrders];
}

/** Each job's lines, numbered from 1. */
function eventRows(events: TimelineEvent[]): object[] {
  const byJob = new Map<string, object[]>();
  for (const { jobId, kind, step, actor, data } of events) {
    const lines = byJob.get(jobId);
    if (lines) lines.push({ ordinal: lines.length + 1, kind, step, actor, data });
    else byJob.set(jobId, [{ ordinal: 1, kind, step, actor, data }]);
  }
  return [...byJob].map(([jobId, lines]) => ({ jobId, lines }));
}

type StepRows = RecordBatch['steps'];
type EffectRows = RecordBatch['effects'];

// Spelled out, for these are the most numerous objects of a busy worker; what is null is left out, which is read as null
// again. JSON knows no bigint: the token goes as text.
const stepRows = (steps: StepRows) =>
  steps.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: String(lease.token),
    step: row.step,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.dueAt ?? undefined,
    reason: row.reason ?? undefined,
    output: row.output ?? undefined,
  }));
const effectRows = (effects: EffectRows) =>
  effects.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: String(lease.token),
    step: row.step,
    effectKey: row.effectKey,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.dueAt ?? undefined,
    reason: row.reason ?? undefined,
    evidence: row.evidence ?? undefined,
  }));

/**
 * Writes a batch in one statement of as many parts as it needs: planning all of them takes longer than a small batch.
 * The caller holds the dispatch rows (`lockHeld`), so nobody else appends to these timelines or moves these jobs
 * meanwhile.
 */
export async function recordBatch(tx: Transaction, batch: RecordBatch): Promise<void> {
  const rows: Record<keyof typeof parts, object[]> = {
    steps: stepRows(batch.steps),
    effects: effectRows(batch.effects),
    events: eventRows(batch.events),
    jobs: jobRows(batch),
    waiting: batch.released.filter(({ dueAt }) => dueAt !== null),
    over: batch.released.filter(({ dueAt }) => dueAt === null),
  };
  const needed = (Object.keys(parts) as Array<keyof typeof parts>).filter((part) => rows[part].length > 0);
  if (needed.length === 0) return;
  const written = needed.map((part, at) => `${part} as (${parts[part].replace('($)', `($${at + 1})`)})`);
  await clientOf(tx).query(
    `with ${written.join(', ')} select`,
    needed.map((part) => JSON.stringify(rows[part])),
  );
}
