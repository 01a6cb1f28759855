import type pg from 'pg';
import type { ClaimedJob, ClaimRequest, ClaimResult } from '../../ports/jobStore.ts';
import { planAfresh } from '../connection.ts';
import { uuidArray } from './arrays.ts';
import { type Dispatched, readClaimed } from './claimedRow.ts';
import { handBack } from './leases.ts';
import type { PlanCache } from './planCache.ts';

/** The isolation of a job that is worked on with no other; 1 is a small group, 0 is none. */
const alone = 2;

/**
 * The one claim: first run, retry, recheck and take-over. Index order is claim order; SKIP LOCKED lets any number of
 * workers claim side by side. A row whose lease ran out is not taken with the others: its token is raised, which fences
 * the old holder, and it becomes due in closer isolation; after a loss while alone it rests first, so that a time in
 * which workers vanish for reasons of their own is not taken for the job's fault.
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
         worker = case when d.worker is null then $1 end,
         due_at = statement_timestamp() + interval '1 millisecond'
           * case when d.worker is null then $4
                  when d.isolation = ${alone} then coalesce(($5::int[])[d.losses_alone + 1], 0)
                  else 0 end
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

const inMs = (time: string) => `(extract(epoch from ${time}) * 1000)::float8`;

/** What the worker needs to know beside the jobs: the clock, and when to look again. */
const horizon = (planKeys: string) => `(
  select ${inMs('clock_timestamp()')} as now,
         (select ${inMs('min(d.due_at)')} from fulfillment.fulfillment_dispatch d
           where d.isolation = 0 and d.plan_key = any(${planKeys})) as next_due_at,
         exists (select from fulfillment.fulfillment_dispatch d
                  where d.isolation > 0 and d.due_at <= statement_timestamp() and d.plan_key = any(${planKeys})) as isolated_due) h`;

/** With the horizon of before the claim, which holds when nothing was to be had: an idle look is one statement. */
const answer = `
select h.now, h.next_due_at, h.isolated_due, c.*
  from ${horizon('$3')} left join claimed c on c.worker = $1`;

/**
 * Read in a statement of its own: one statement sees steps and effects as they were before it waited for the row, and
 * would miss what the former holder committed meanwhile. Times are numbers, which are read much faster than dates. The
 * clock of what is held stands.
 */
const load = `
select h.now, h.next_due_at, h.isolated_due, l.*
  from ${horizon('$2')}
  left join lateral (
    select j.id as job_id, j.kind, j.plan_id, j.state, j.reason, j.order_snapshot, j.subject_key, j.trace_context,
           ${inMs('j.created_at')} as created_at, ${inMs("j.sla_deadline + coalesce(clock_timestamp() - j.held_at, interval '0')")} as sla_deadline,
           case when p.id is not null then jsonb_build_object('id', p.id, 'key', p.payment_key, 'orderId', p.order_id,
             'erased', p.erased_at is not null) end as payment,
           (select jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                     'dueAt', s.due_at, 'reason', s.reason, 'output', s.output))
              from fulfillment.fulfillment_job_steps s where s.job_id = j.id) as steps,
           (select jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                     'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'evidence', e.evidence))
              from fulfillment.fulfillment_job_effects e where e.job_id = j.id) as effects
      from fulfillment.fulfillment_jobs j
      left join fulfillment.payments p on p.id = j.payment_id
     where j.id = any($1::uuid[])) l on true`;

interface Horizon {
  now: number;
  next_due_at: number | null;
  isolated_due: boolean;
}

/** Claims due jobs and reads what is known of them. */
export async function claimJobs(
  pool: pg.Pool,
  plans: PlanCache,
  request: ClaimRequest,
): Promise<ClaimResult> {
  const { worker, limit, planKeys, leaseMs, isolated, restsMs } = request;
  const statement = `${isolated ? claimIsolated : claimBatch}${answer}`;
  const { rows } = await pool.query<Horizon & (Dispatched | { job_id: null })>(statement, [
    worker,
    limit,
    planKeys,
    leaseMs,
    restsMs,
  ]);
  const claimed = rows.filter((row): row is Horizon & Dispatched => row.job_id !== null);
  if (claimed.length === 0) return { jobs: [], unreadable: [], ...told(rows[0]) };
  try {
    return await loadClaimed(pool, plans, { claimed, planKeys });
  } catch (error) {
    // What was claimed and cannot be read is given back, or it would be leased for nothing.
    const leases = claimed.map((row) => ({ jobId: row.job_id, token: row.lease_token }));
    await handBack(pool, leases).catch(() => 0);
    throw error;
  }
}

async function loadClaimed(
  pool: pg.Pool,
  plans: PlanCache,
  { claimed, planKeys }: { claimed: Dispatched[]; planKeys: string[] },
): Promise<ClaimResult> {
  const { rows } = await pool.query<Horizon & { job_id: string | null; plan_id: number }>(load, [
    uuidArray(claimed.map((row) => row.job_id)),
    planKeys,
  ]);
  const planOf = await plans.get(rows.map((row) => row.plan_id));
  const rowOf = new Map(rows.map((row) => [row.job_id, row]));
  const jobs: ClaimedJob[] = [];
  const unreadable: string[] = [];
  for (const dispatched of claimed) {
    const row = rowOf.get(dispatched.job_id);
    const job = row && readClaimed(dispatched, row, planOf.get(row.plan_id));
    if (job) jobs.push(job);
    else unreadable.push(dispatched.job_id);
  }
  return { jobs, unreadable, ...told(rows[0]) };
}

function told(row: Horizon | undefined): Pick<ClaimResult, 'now' | 'nextDueAt' | 'isolatedDue'> {
  if (!row) throw new Error('The database did not tell its time.');
  const { now, next_due_at: next, isolated_due: isolatedDue } = row;
  return { now: new Date(now), nextDueAt: next === null ? null : new Date(next), isolatedDue };
}
