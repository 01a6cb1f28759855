import type pg from 'pg';
import { z } from 'zod';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ClaimedJob, ClaimRequest, ClaimResult } from '../../ports/jobStore.ts';
import type { JsonObject } from '../../ports/step.ts';
import { planAfresh } from '../connection.ts';
import { handBack } from './leases.ts';

/** The isolation of a job that is worked on with no other; 1 is a small group, 0 is none. */
const alone = 2;

/**
 * The one claim: first run, retry, recheck and take-over. Index order is claim order; SKIP LOCKED lets any number of
 * workers claim side by side. A row whose lease ran out is not taken with the others: its token is raised, which fences
 * the old holder, and it becomes due in closer isolation.
 *
 * statement_timestamp(), for a clock that moves within the statement cannot bound an index scan: each claim would
 * walk past all that is due later. An array of ids, not a join, for the planner might rather hash the whole table.
 */
const claimAnyOf = (dueIds: string) => `
claimed as (
  update fulfillment.fulfillment_dispatch d
     set lease_token = d.lease_token + 1,
         isolation = case when d.worker is null then d.isolation else least(d.isolation + 1, ${alone}) end,
         losses_alone = d.losses_alone + (d.worker is not null and d.isolation = ${alone})::int,
         worker = case when d.worker is null or d.isolation = ${alone} then $1 end,
         due_at = statement_timestamp()
           + case when d.worker is null or d.isolation = ${alone} then $4 else 0 end * interval '1 millisecond'
   where d.job_id = any(array(${dueIds}))
  returning d.job_id, d.lease_token, d.control_seq, d.isolation, d.losses_alone, d.worker
)`;

const claimBatch = `${planAfresh}
with ${claimAnyOf(`
     select due.job_id from fulfillment.fulfillment_dispatch due
      where due.isolation = 0 and due.due_at <= statement_timestamp() and due.plan_key = any($3)
      order by due.due_at, due.job_id
      limit $2
      for update skip locked`)}`;

/** A group of those that were lost once, or one that was lost in such a group: whichever was due first. */
const claimIsolated = `${planAfresh}
with next as materialized (
  select f.isolation, case f.isolation when ${alone} then least(1, $2) else $2 end as most
    from fulfillment.fulfillment_dispatch f
   where f.isolation > 0 and f.due_at <= statement_timestamp() and f.plan_key = any($3)
   order by f.due_at, f.job_id
   limit 1
), ${claimAnyOf(`
     select due.job_id from fulfillment.fulfillment_dispatch due
      where due.isolation > 0 and due.isolation = (select next.isolation from next)
        and due.due_at <= statement_timestamp() and due.plan_key = any($3)
      order by due.due_at, due.job_id
      limit (select next.most from next)
      for update skip locked`)}`;

/** What the worker needs to know beside the jobs: the clock, and when to look again. */
const horizon = (planKeys: string) => `(
  select clock_timestamp() as now,
         (select min(d.due_at) from fulfillment.fulfillment_dispatch d
           where d.isolation = 0 and d.plan_key = any(${planKeys})) as next_due_at,
         exists (select from fulfillment.fulfillment_dispatch d
                  where d.isolation > 0 and d.due_at <= statement_timestamp() and d.plan_key = any(${planKeys})) as isolated_due) h`;

/** With the horizon of before the claim, which holds when nothing was to be had: an idle look is one statement. */
const answer = `
select h.now, h.next_due_at, h.isolated_due, c.*
  from ${horizon('$3')} left join claimed c on c.worker = $1`;

/**
 * Read in a statement of its own: one statement sees steps and effects as they were before it waited for the row, and
 * would miss what the former holder committed meanwhile.
 */
const load = `
select case when coalesce(l.n, 1) = 1 then h.now end as now,
       case when coalesce(l.n, 1) = 1 then h.next_due_at end as next_due_at,
       h.isolated_due, l.*
  from ${horizon('$2')}
  left join lateral (
    select row_number() over by_id as n, j.id as job_id, j.kind,
           -- Most neighbours have the same plan; it is read once.
           case when j.plan is distinct from lag(j.plan) over by_id then j.plan end as plan, j.state, j.reason, j.order_snapshot, j.created_at, j.sla_deadline,
           j.subject_key,
           case when p.id is not null then jsonb_build_object('id', p.id, 'key', p.payment_key, 'orderId', p.order_id) end as payment,
           (select coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                     'dueAt', s.due_at, 'reason', s.reason, 'output', s.output)), '[]')
              from fulfillment.fulfillment_job_steps s where s.job_id = j.id) as steps,
           (select coalesce(jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                     'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'evidence', e.evidence)), '[]')
              from fulfillment.fulfillment_job_effects e where e.job_id = j.id) as effects
      from fulfillment.fulfillment_jobs j
      left join fulfillment.payments p on p.id = j.payment_id
     where j.id = any($1::uuid[])
    window by_id as (order by j.id)) l on true
 order by l.n`;

// What comes out of a jsonb column is JSON: only its outermost shape is in doubt.
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const time = z.date();
/** Times inside JSON. */
const writtenTime = z.coerce.date();
const progress = {
  attempts: z.number(),
  dueAt: writtenTime.nullable(),
  reason: z.string().nullable(),
};
const planSchema = z.object({
  name: z.string(),
  version: z.number(),
  steps: z.array(
    z.object({ name: z.string(), version: z.number(), needs: z.array(z.string()), holds: z.boolean() }),
  ),
});
const rowSchema = z.object({
  job_id: z.string(),
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  order_snapshot: jsonObject.nullable(),
  created_at: time,
  sla_deadline: time,
  subject_key: z.string().nullable(),
  payment: z.object({ id: z.string(), key: z.string(), orderId: z.string() }).nullable(),
  steps: z.array(
    z.object({ step: z.string(), state: z.enum(stepStates), output: jsonObject.nullable(), ...progress }),
  ),
  effects: z.array(
    z.object({
      step: z.string(),
      effectKey: z.string(),
      state: z.enum(effectStates),
      evidence: jsonObject.nullable(),
      ...progress,
    }),
  ),
});

interface Horizon {
  now: Date;
  next_due_at: Date | null;
  isolated_due: boolean;
}

interface Claimed {
  job_id: string;
  lease_token: bigint;
  control_seq: bigint;
  isolation: number;
  losses_alone: number;
}

export async function claimJobs(pool: pg.Pool, request: ClaimRequest): Promise<ClaimResult> {
  const { worker, limit, planKeys, leaseMs, isolated } = request;
  const statement = `${isolated ? claimIsolated : claimBatch}${answer}`;
  const { rows } = await pool.query<Horizon & (Claimed | { job_id: null })>(statement, [
    worker,
    limit,
    planKeys,
    leaseMs,
  ]);
  const claimed = rows.filter((row): row is Horizon & Claimed => row.job_id !== null);
  if (claimed.length === 0) return { jobs: [], unreadable: [], ...told(rows[0]) };
  const leases = claimed.map((row) => ({ jobId: row.job_id, token: row.lease_token }));
  try {
    return await loadClaimed(pool, claimed, planKeys);
  } catch (error) {
    // What was claimed and cannot be read is given back, or it would be leased for nothing.
    await handBack(pool, leases).catch(() => 0);
    throw error;
  }
}

async function loadClaimed(pool: pg.Pool, claimed: Claimed[], planKeys: string[]): Promise<ClaimResult> {
  const { rows } = await pool.query<Record<string, unknown> & Horizon>(load, [
    claimed.map((row) => row.job_id),
    planKeys,
  ]);
  const read = readRows(rows);
  const jobs: ClaimedJob[] = [];
  const unreadable: string[] = [];
  for (const dispatch of claimed) {
    const row = read.get(dispatch.job_id);
    if (row) jobs.push(toClaimedJob(dispatch, row));
    else unreadable.push(dispatch.job_id);
  }
  return { jobs, unreadable, ...told(rows[0]) };
}

function told(row: Horizon | undefined): Pick<ClaimResult, 'now' | 'nextDueAt' | 'isolatedDue'> {
  if (!row) throw new Error('The database did not tell its time.');
  return { now: row.now, nextDueAt: row.next_due_at, isolatedDue: row.isolated_due };
}

type ReadableRow = z.infer<typeof rowSchema> & { plan: Plan };

/** By job id; a row without a plan of its own has the one of the row before it. */
function readRows(rows: Array<Record<string, unknown>>): Map<unknown, ReadableRow> {
  const read = new Map<unknown, ReadableRow>();
  let plan: Plan | undefined;
  for (const row of rows) {
    if (row['plan'] !== null) plan = planSchema.safeParse(row['plan']).data;
    const { data } = rowSchema.safeParse(row);
    if (data && plan) read.set(row['job_id'], { ...data, plan });
  }
  return read;
}

function toClaimedJob(dispatch: Claimed, row: ReadableRow): ClaimedJob {
  return {
    lease: { jobId: dispatch.job_id, token: dispatch.lease_token },
    controlSeq: dispatch.control_seq,
    isolated: dispatch.isolation > 0,
    lossesAlone: dispatch.losses_alone,
    kind: row.kind,
    plan: row.plan,
    state: row.state,
    reason: row.reason,
    subjectKey: row.subject_key,
    payment: row.payment,
    order: row.order_snapshot,
    acceptedAt: row.created_at,
    slaDeadline: row.sla_deadline,
    steps: row.steps,
    effects: row.effects,
  };
}
