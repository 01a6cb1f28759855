import type pg from 'pg';
import { z } from 'zod';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { ClaimedJob, ClaimRequest, ClaimResult } from '../../ports/jobStore.ts';
import { handBack } from './leases.ts';

/**
 * The one claim: first run, retry, recheck and take-over. Index order is claim order; SKIP LOCKED lets any number of
 * workers claim side by side. A row whose lease ran out is not taken in a batch: its token is raised, which fences
 * the old holder, and it becomes due alone.
 */
const claimBatch = `
with due as (
  select d.job_id, d.worker is not null as lost
    from fulfillment.fulfillment_dispatch d
   where not d.alone and d.due_at <= clock_timestamp() and d.plan_key = any($3)
   order by d.due_at, d.job_id
   limit $2
   for update skip locked
), claimed as (
  update fulfillment.fulfillment_dispatch d
     set lease_token = d.lease_token + 1,
         alone = due.lost,
         worker = case when due.lost then null else $1 end,
         due_at = case when due.lost then clock_timestamp() else clock_timestamp() + $4 * interval '1 millisecond' end
    from due
   where d.job_id = due.job_id
  returning d.job_id, d.lease_token, d.control_seq, d.alone, d.losses_alone
)`;

const claimAlone = `
with due as (
  select d.job_id, d.worker is not null as lost
    from fulfillment.fulfillment_dispatch d
   where d.alone and d.due_at <= clock_timestamp() and d.plan_key = any($3)
   order by d.due_at, d.job_id
   limit $2
   for update skip locked
), claimed as (
  update fulfillment.fulfillment_dispatch d
     set lease_token = d.lease_token + 1,
         worker = $1,
         losses_alone = d.losses_alone + due.lost::int,
         due_at = clock_timestamp() + $4 * interval '1 millisecond'
    from due
   where d.job_id = due.job_id
  returning d.job_id, d.lease_token, d.control_seq, d.alone, d.losses_alone
)`;

/**
 * Read in a statement of its own: one statement sees steps and effects as they were before it waited for the row, and
 * would miss what the former holder committed meanwhile. Beside the jobs, what the worker needs to know when there are
 * none: the clock, and when to look again.
 */
const load = `
select h.now, h.next_due_at, h.alone_due, l.*
  from (select clock_timestamp() as now,
               (select min(d.due_at) from fulfillment.fulfillment_dispatch d
                 where not d.alone and d.plan_key = any($2)) as next_due_at,
               exists (select from fulfillment.fulfillment_dispatch d
                        where d.alone and d.due_at <= clock_timestamp() and d.plan_key = any($2)) as alone_due) h
  left join lateral (
    select j.id as job_id, j.kind, j.plan, j.state, j.reason, j.order_snapshot, j.created_at, j.sla_deadline,
           p.id as payment_id, p.order_id, p.payment_key,
           (select coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                     'dueAt', s.due_at, 'reason', s.reason, 'output', s.output)), '[]')
              from fulfillment.fulfillment_job_steps s where s.job_id = j.id) as steps,
           (select coalesce(jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                     'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'evidence', e.evidence)), '[]')
              from fulfillment.fulfillment_job_effects e where e.job_id = j.id) as effects
      from fulfillment.fulfillment_jobs j
      left join fulfillment.payments p on p.id = j.payment_id
     where j.id = any($1::uuid[])) l on true`;

const jsonObject = z.record(z.string(), z.json());
const time = z.coerce.date();
const progress = {
  attempts: z.number(),
  dueAt: time.nullable(),
  reason: z.string().nullable(),
};
const rowSchema = z.object({
  job_id: z.string(),
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  order_snapshot: jsonObject.nullable(),
  created_at: time,
  sla_deadline: time,
  payment_id: z.string(),
  order_id: z.string(),
  payment_key: z.string(),
  plan: z.object({
    name: z.string(),
    version: z.number(),
    steps: z.array(
      z.object({ name: z.string(), version: z.number(), needs: z.array(z.string()), holds: z.boolean() }),
    ),
  }),
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

interface Claimed {
  job_id: string;
  lease_token: bigint;
  control_seq: bigint;
  alone: boolean;
  losses_alone: number;
}

export async function claimJobs(pool: pg.Pool, request: ClaimRequest): Promise<ClaimResult> {
  const { worker, limit, planKeys, leaseMs, alone } = request;
  const statement = `${alone ? claimAlone : claimBatch} select * from claimed where alone = $5`;
  const claimed = (await pool.query<Claimed>(statement, [worker, limit, planKeys, leaseMs, alone])).rows;
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
  const { rows } = await pool.query<
    Record<string, unknown> & { now: Date; next_due_at: Date | null; alone_due: boolean }
  >(load, [claimed.map((row) => row.job_id), planKeys]);
  const [horizon] = rows;
  if (!horizon) throw new Error('The database did not tell its time.');
  const read = new Map(rows.map((row) => [row['job_id'], rowSchema.safeParse(row)]));
  const jobs: ClaimedJob[] = [];
  const unreadable: string[] = [];
  for (const dispatch of claimed) {
    const row = read.get(dispatch.job_id);
    if (row?.success) jobs.push(toClaimedJob(dispatch, row.data));
    else unreadable.push(dispatch.job_id);
  }
  return { jobs, unreadable, now: horizon.now, nextDueAt: horizon.next_due_at, aloneDue: horizon.alone_due };
}

function toClaimedJob(dispatch: Claimed, row: z.infer<typeof rowSchema>): ClaimedJob {
  return {
    lease: { jobId: dispatch.job_id, token: dispatch.lease_token },
    controlSeq: dispatch.control_seq,
    alone: dispatch.alone,
    lossesAlone: dispatch.losses_alone,
    kind: row.kind,
    plan: row.plan,
    state: row.state,
    reason: row.reason,
    paymentId: row.payment_id,
    orderId: row.order_id,
    paymentKey: row.payment_key,
    order: row.order_snapshot,
    acceptedAt: row.created_at,
    slaDeadline: row.sla_deadline,
    steps: row.steps,
    effects: row.effects,
  };
}
