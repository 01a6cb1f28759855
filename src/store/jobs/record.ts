import type { RecordBatch, TimelineEvent } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { groupRows, type JobRow } from './groupRows.ts';

/**
 * One table's share of a batch; `$` stands for its rows as JSON. What a batch writes is much the same for all of its
 * jobs, and reading JSON is dearer than writing rows: so what is the same is said once, for a list of jobs. The `case`s
 * hold the planner to that order, in which each text is read once.
 */
const parts = {
  steps: `
  insert into fulfillment.fulfillment_job_steps as s (job_id, step, state, attempts, due_at, reason, output, lease_token)
  select j.job_id, x.step, x.state, x.attempts, x."dueAt", x.reason, x.output, j.token
    from jsonb_to_recordset($) g(jobs uuid[], tokens bigint[], rows jsonb)
   cross join lateral jsonb_to_recordset(g.rows) x(step text, state text, attempts int, "dueAt" timestamptz, reason text, output jsonb)
   cross join lateral unnest(case when x.step is not null then g.jobs end, g.tokens) j(job_id, token)
  on conflict (job_id, step) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         output = coalesce(excluded.output, s.output), lease_token = excluded.lease_token, updated_at = clock_timestamp()`,

  effects: `
  insert into fulfillment.fulfillment_job_effects as e (job_id, step, effect_key, state, attempts, due_at, reason, evidence, lease_token)
  select j.job_id, x.step, x."effectKey", x.state, x.attempts, x."dueAt", x.reason, x.evidence, j.token
    from jsonb_to_recordset($) g(jobs uuid[], tokens bigint[], rows jsonb)
   cross join lateral jsonb_to_recordset(g.rows) x(step text, "effectKey" text, state text, attempts int, "dueAt" timestamptz, reason text, evidence jsonb)
   cross join lateral unnest(case when x.step is not null then g.jobs end, g.tokens) j(job_id, token)
  on conflict (job_id, step, effect_key) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         evidence = excluded.evidence, lease_token = excluded.lease_token, updated_at = clock_timestamp()`,

  // The last number is looked up once per job: a subquery per line would cost as much as the line.
  events: `
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select j.job_id, j.seq + x.ordinal, x.kind, x.step, x.actor, x.data
    from jsonb_to_recordset($) g(jobs uuid[], rows jsonb)
   cross join lateral (
     select array_agg(u.job_id) as jobs, array_agg((
              select coalesce(max(e.seq), 0) from fulfillment.fulfillment_job_events e where e.job_id = u.job_id)) as seqs
       from unnest(g.jobs) u(job_id)) known
   cross join lateral jsonb_to_recordset(g.rows) x(ordinal int, kind text, step text, actor text, data jsonb)
   cross join lateral unnest(case when x.ordinal > 0 then known.jobs end, known.seqs) j(job_id, seq)`,

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
  delete from fulfillment.fulfillment_dispatch d where d.job_id = any($::uuid[])`,
};

/** A job may both change its state and get its order in one batch; one row must not be updated twice by one statement. */
function jobRows(batch: RecordBatch): object[] {
  const orders = new Map(batch.orders.map(({ jobId, order }) => [jobId, order]));
  const changed = batch.jobs.map((job) => ({ ...job, order: orders.get(job.jobId) ?? null }));
  const known = new Set(batch.jobs.map((job) => job.jobId));
  const onlyOrders = batch.orders.filter(({ jobId }) => !known.has(jobId));
  return [...changed, ...onlyOrders];
}

// Spelled out, for these are the most numerous objects of a busy worker. What is null is left out, and read as null.
const stepRows = (steps: RecordBatch['steps']): JobRow[] =>
  steps.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: lease.token,
    row: {
      step: row.step,
      state: row.state,
      attempts: row.attempts,
      dueAt: row.dueAt ?? undefined,
      reason: row.reason ?? undefined,
      output: row.output ?? undefined,
    },
  }));
const effectRows = (effects: RecordBatch['effects']): JobRow[] =>
  effects.map(({ lease, row }) => ({
    jobId: lease.jobId,
    token: lease.token,
    row: {
      step: row.step,
      effectKey: row.effectKey,
      state: row.state,
      attempts: row.attempts,
      dueAt: row.dueAt ?? undefined,
      reason: row.reason ?? undefined,
      evidence: row.evidence ?? undefined,
    },
  }));

/** Each job's lines are numbered from 1. */
function eventRows(events: TimelineEvent[]): JobRow[] {
  const counts = new Map<string, number>();
  return events.map(({ jobId, kind, step, actor, data }) => {
    const ordinal = (counts.get(jobId) ?? 0) + 1;
    counts.set(jobId, ordinal);
    return { jobId, row: { ordinal, kind, step: step ?? undefined, actor, data } };
  });
}

const asJson = (rows: object[]) => (rows.length === 0 ? undefined : JSON.stringify(rows));

/**
 * Writes a batch in one statement of as many parts as it needs: planning all of them takes longer than a small batch.
 * The caller holds the dispatch rows (`lockHeld`), so nobody else appends to these timelines or moves these jobs
 * meanwhile.
 */
export async function recordBatch(tx: Transaction, batch: RecordBatch): Promise<void> {
  const over = batch.released.flatMap(({ jobId, dueAt }) => (dueAt === null ? [jobId] : []));
  const rows: Record<keyof typeof parts, string | undefined> = {
    steps: groupRows(stepRows(batch.steps)),
    effects: groupRows(effectRows(batch.effects)),
    events: groupRows(eventRows(batch.events)),
    jobs: asJson(jobRows(batch)),
    waiting: asJson(batch.released.filter(({ dueAt }) => dueAt !== null)),
    over: over.length === 0 ? undefined : `{${over.join(',')}}`,
  };
  const needed = (Object.keys(parts) as Array<keyof typeof parts>).filter((part) => rows[part] !== undefined);
  if (needed.length === 0) return;
  const written = needed.map((part, at) => `${part} as (${parts[part].replace('($', `($${at + 1}`)})`);
  await clientOf(tx).query(
    `with ${written.join(', ')} select`,
    needed.map((part) => rows[part]),
  );
}
