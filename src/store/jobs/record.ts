import type { JobRecord, Lease, StateChange } from '../../ports/jobStore.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';
import { uuidArray } from './arrays.ts';
import { groupRows, groupsOf, type RowsOfJob, writeGroups } from './groupRows.ts';

/**
 * One table's share of a batch; `$` stands for its rows as JSON. What a batch writes is much the same for all of its
 * jobs, and reading JSON is dearer than writing rows: so what is the same is said once, for a list of jobs. The `case`s
 * hold the planner to that order, in which each text is read once.
 */
const stepsInsert = `
  insert into fulfillment.fulfillment_job_steps as s (job_id, step, state, attempts, due_at, reason, output, lease_token)
  select j.job_id, x.step, x.state, x.attempts, x."dueAt", x.reason, x.output, j.token
    from jsonb_to_recordset($) g(jobs uuid[], tokens bigint[], rows jsonb)
   cross join lateral jsonb_to_recordset(g.rows) x(step text, state text, attempts int, "dueAt" timestamptz, reason text, output jsonb)
   cross join lateral unnest(case when x.step is not null then g.jobs end, g.tokens) j(job_id, token)`;

const effectsInsert = `
  insert into fulfillment.fulfillment_job_effects as e (job_id, step, effect_key, state, attempts, due_at, reason, evidence, lease_token)
  select j.job_id, x.step, x."effectKey", x.state, x.attempts, x."dueAt", x.reason, x.evidence, j.token
    from jsonb_to_recordset($) g(jobs uuid[], tokens bigint[], rows jsonb)
   cross join lateral jsonb_to_recordset(g.rows) x(step text, "effectKey" text, state text, attempts int, "dueAt" timestamptz, reason text, evidence jsonb)
   cross join lateral unnest(case when x.step is not null then g.jobs end, g.tokens) j(job_id, token)`;

/** What is held does not run against its SLA: the deadline moves by as long as it was held. */
const standing = `
         sla_deadline = j.sla_deadline + case when j.held_at is not null and x.state <> 'held'
           then clock_timestamp() - j.held_at else interval '0' end,
         held_at = case x.state when 'held' then coalesce(j.held_at, clock_timestamp()) end`;

const parts = {
  // What is known to be new is inserted: looking for a conflict first costs as much as the insert.
  newSteps: stepsInsert,
  steps: `${stepsInsert}
  on conflict (job_id, step) do update
     set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
         output = coalesce(excluded.output, s.output), lease_token = excluded.lease_token, updated_at = clock_timestamp()`,

  newEffects: effectsInsert,
  effects: `${effectsInsert}
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
   cross join lateral rows from (jsonb_to_recordset(g.rows) as (kind text, step text, actor text, data jsonb))
         with ordinality x(kind, step, actor, data, ordinal)
   cross join lateral unnest(case when x.ordinal > 0 then known.jobs end, known.seqs) j(job_id, seq)`,

  /** Where hardly two jobs have the same lines, what spreads them over many jobs costs more than it saves. */
  eventsApart: `
  insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
  select x.job, x.n + (select coalesce(max(e.seq), 0) from fulfillment.fulfillment_job_events e where e.job_id = x.job),
         x.kind, x.step, x.actor, x.data
    from jsonb_to_recordset($) x(job uuid, n int, kind text, step text, actor text, data jsonb)`,

  changes: `
  update fulfillment.fulfillment_jobs j
     set state = x.state, reason = x.reason, failed_step = x."failedStep",
         finished_at = case when x.finished then clock_timestamp() end,${standing}
    from jsonb_to_recordset($) x(jobs uuid[], state text, reason text, "failedStep" text, finished boolean)
   where j.id = any(x.jobs)`,

  orders: `
  update fulfillment.fulfillment_jobs j
     set state = coalesce(x.state, j.state),
         reason = case when x.state is null then j.reason else x.reason end,
         failed_step = case when x.state is null then j.failed_step else x."failedStep" end,
         finished_at = case when x.state is null then j.finished_at when x.finished then clock_timestamp() end,
         sla_deadline = j.sla_deadline + case when j.held_at is not null and x.state <> 'held'
           then clock_timestamp() - j.held_at else interval '0' end,
         held_at = case when x.state is null then j.held_at when x.state = 'held' then coalesce(j.held_at, clock_timestamp()) end,
         order_snapshot = x."order"
    from jsonb_to_recordset($) x("jobId" uuid, state text, reason text, "failedStep" text, finished boolean, "order" jsonb)
   where j.id = x."jobId"`,

  waiting: `
  update fulfillment.fulfillment_dispatch d
     set worker = null, due_at = x."dueAt", isolation = 0, losses_alone = 0
    from jsonb_to_recordset($) x("jobId" uuid, "dueAt" timestamptz)
   where d.job_id = x."jobId"`,

  forgiven: `
  update fulfillment.fulfillment_dispatch d set losses_alone = 0 where d.job_id = any($::uuid[])`,

  over: `
  delete from fulfillment.fulfillment_dispatch d where d.job_id = any($::uuid[])`,
};

type Part = keyof typeof parts;

/** Each job's rows of the tables that many jobs have the same rows of. */
function gatherRows(records: JobRecord[]) {
  const newSteps: RowsOfJob[] = [];
  const steps: RowsOfJob[] = [];
  const newEffects: RowsOfJob[] = [];
  const effects: RowsOfJob[] = [];
  const events: RowsOfJob[] = [];
  const add = (part: RowsOfJob[], lease: Lease, rows: object[]) => {
    if (rows.length > 0) part.push({ lease, rows });
  };
  for (const record of records) {
    const { lease } = record;
    add(record.mayHaveMore ? steps : newSteps, lease, record.steps.added);
    add(steps, lease, record.steps.updated);
    add(record.mayHaveMore ? effects : newEffects, lease, record.effects.added);
    add(effects, lease, record.effects.updated);
    add(events, lease, record.events);
  }
  return { newSteps, steps, newEffects, effects, events };
}

function eventParts(events: RowsOfJob[]): Record<'events' | 'eventsApart', string | undefined> {
  const groups = groupsOf(events);
  if (groups.size * 2 <= events.length) return { events: writeGroups(groups), eventsApart: undefined };
  const lines = events.flatMap(({ lease, rows }) =>
    rows.map((row, at) => ({ job: lease.jobId, n: at + 1, ...row })),
  );
  return { events: undefined, eventsApart: asJson(lines) };
}

const asArray = (records: JobRecord[]) =>
  records.length === 0 ? undefined : uuidArray(records.map(({ lease }) => lease.jobId));

const asJson = (rows: object[]) => (rows.length === 0 ? undefined : JSON.stringify(rows));

/** Changes of state, each said once with the jobs that make it. Those that get their order too are written with it. */
function stateChanges(records: JobRecord[]): string | undefined {
  const changes = new Map<string, { change: StateChange; jobs: string[] }>();
  for (const { lease, change, order } of records) {
    if (!change || order) continue;
    const text = JSON.stringify([change.state, change.failedStep, change.reason]);
    const same = changes.get(text);
    if (same) same.jobs.push(lease.jobId);
    else changes.set(text, { change, jobs: [lease.jobId] });
  }
  return asJson([...changes.values()].map(({ change, jobs }) => ({ ...change, jobs: uuidArray(jobs) })));
}

function partsOf(records: JobRecord[]): Record<Part, string | undefined> {
  const released = records.filter(({ release }) => release !== null);
  const rows = gatherRows(records);
  return {
    newSteps: groupRows(rows.newSteps),
    steps: groupRows(rows.steps),
    newEffects: groupRows(rows.newEffects),
    effects: groupRows(rows.effects),
    ...eventParts(rows.events),
    changes: stateChanges(records),
    orders: asJson(
      records.flatMap(({ lease, order, change }) =>
        order ? [{ jobId: lease.jobId, order, ...change }] : [],
      ),
    ),
    waiting: asJson(
      released.flatMap(({ lease, release }) =>
        release?.dueAt ? [{ jobId: lease.jobId, dueAt: release.dueAt }] : [],
      ),
    ),
    forgiven: asArray(records.filter(({ gotOn, release }) => gotOn && release === null)),
    over: asArray(released.filter(({ release }) => release?.dueAt === null)),
  };
}

/**
 * Writes a batch in one statement of as many parts as it needs: planning all of them takes longer than a small batch.
 * The caller holds the dispatch rows (`lockHeld`), so nobody else appends to these timelines or moves these jobs
 * meanwhile.
 */
export async function recordBatch(tx: Transaction, records: JobRecord[]): Promise<void> {
  const rows = partsOf(records);
  const needed = (Object.keys(parts) as Part[]).filter((part) => rows[part] !== undefined);
  if (needed.length === 0) return;
  const written = needed.map((part, at) => `${part} as (${parts[part].replace('($', `($${at + 1}`)})`);
  await clientOf(tx).query(
    `with ${written.join(', ')} select`,
    needed.map((part) => rows[part]),
  );
}
