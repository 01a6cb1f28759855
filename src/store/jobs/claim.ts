import type pg from 'pg';
import { z } from 'zod';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { ClaimRequest, ClaimResult } from '../../ports/jobStore.ts';

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

const load = `
select c.job_id, c.lease_token, c.control_seq, c.alone, c.losses_alone,
       j.kind, j.plan, j.state, j.reason, j.order_snapshot, j.created_at, j.sla_deadline,
       p.id as payment_id, p.order_id, p.payment_key,
       (select coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                 'dueAt', s.due_at, 'reason', s.reason, 'output', s.output)), '[]')
          from fulfillment.fulfillment_job_steps s where s.job_id = c.job_id) as steps,
       (select coalesce(jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                 'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'evidence', e.evidence)), '[]')
          from fulfillment.fulfillment_job_effects e where e.job_id = c.job_id) as effects
  from claimed c
  join fulfillment.fulfillment_jobs j on j.id = c.job_id
  join fulfillment.payments p on p.id = j.payment_id`;

/** What the worker needs to know when it finds nothing: the clock, and when to look again. */
const horizon = `
select clock_timestamp() as now,
       (select min(d.due_at) from fulfillment.fulfillment_dispatch d where not d.alone and d.plan_key = any($1)) as next_due_at,
       exists (select from fulfillment.fulfillment_dispatch d
                where d.alone and d.due_at <= clock_timestamp() and d.plan_key = any($1)) as alone_due`;

const jsonObject = z.record(z.string(), z.json());
const time = z.coerce.date();
const progress = {
  attempts: z.number(),
  dueAt: time.nullable(),
  reason: z.string().nullable(),
};
const rowSchema = z.object({
  job_id: z.string(),
  lease_token: z.bigint(),
  control_seq: z.bigint(),
  alone: z.boolean(),
  losses_alone: z.number(),
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

export async function claimJobs(pool: pg.Pool, request: ClaimRequest): Promise<ClaimResult> {
  const { rows } = await pool.query(`${request.alone ? claimAlone : claimBatch}${load} where c.alone = $5`, [
    request.worker,
    request.limit,
    request.planKeys,
    request.leaseMs,
    request.alone,
  ]);
  const seen = await pool.query<{ now: Date; next_due_at: Date | null; alone_due: boolean }>(horizon, [
    request.planKeys,
  ]);
  const {
    now,
    next_due_at: nextDueAt,
    alone_due: aloneDue,
  } = seen.rows[0] as NonNullable<(typeof seen.rows)[0]>;
  const jobs = rows.map((raw) => {
    const row = rowSchema.parse(raw);
    return {
      lease: { jobId: row.job_id, token: row.lease_token },
      controlSeq: row.control_seq,
      alone: row.alone,
      lossesAlone: row.losses_alone,
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
  });
  return { jobs, now, nextDueAt, aloneDue };
}
