import { planKey } from '../../domain/plan.ts';
import type { JobDecision, LockedJob } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

const final = new Set(['failed', 'completed', 'cancelled']);

/** What is held does not run against its SLA: the deadline moves by as long as it was held. */
const updateJob = `
update fulfillment.fulfillment_jobs j
   set state = coalesce($2, j.state),
       reason = case when $2::text is null then j.reason else $3 end,
       failed_step = case when $2::text is null then j.failed_step else $4 end,
       finished_at = case when $2::text is null then j.finished_at when $5 then clock_timestamp() end,
       order_snapshot = coalesce($6, j.order_snapshot),
       sla_deadline = j.sla_deadline
         + case when j.held_at is not null and $2::text <> 'held' then clock_timestamp() - j.held_at else interval '0' end,
       held_at = case when $2 = 'held' then coalesce(j.held_at, clock_timestamp()) when $2::text is null then j.held_at end
 where j.id = $1`;

const upsertSteps = `
insert into fulfillment.fulfillment_job_steps as s (job_id, step, state, attempts, due_at, reason, output, lease_token)
select $1, x.step, x.state, x.attempts, x."dueAt", x.reason, x.output, $3
  from jsonb_to_recordset($2) x(step text, state text, attempts int, "dueAt" timestamptz, reason text, output jsonb)
on conflict (job_id, step) do update
   set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
       output = coalesce(excluded.output, s.output), lease_token = excluded.lease_token, updated_at = clock_timestamp()`;

const upsertEffects = `
insert into fulfillment.fulfillment_job_effects as e
       (job_id, step, effect_key, state, attempts, due_at, reason, evidence, lease_token)
select $1, x.step, x."effectKey", x.state, x.attempts, x."dueAt", x.reason, x.evidence, $3
  from jsonb_to_recordset($2) x(step text, "effectKey" text, state text, attempts int, "dueAt" timestamptz, reason text, evidence jsonb)
on conflict (job_id, step, effect_key) do update
   set state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
       evidence = excluded.evidence, lease_token = excluded.lease_token, updated_at = clock_timestamp()`;

/**
 * Whoever works on the job sees by `control_seq` that a person has spoken, with the next thing they record: they finish
 * what is in flight, start nothing, and let the job be claimed afresh. A lease ends when its holder ends it.
 */
const moveDispatch = `
update fulfillment.fulfillment_dispatch d
   set control_seq = d.control_seq + 1,
       due_at = case when d.worker is not null or $2::timestamptz is null then d.due_at else $2 end
 where d.job_id = $1
returning d.lease_token as token`;

/**
 * A finished job is taken up again. Its row in dispatch is gone, and with it the last lease token; milliseconds since
 * 1970 are above any count of claims, so that whoever held it then stays refused.
 */
const reopen = `
insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at, lease_token)
values ($1, $2, $3, greatest(floor(extract(epoch from clock_timestamp()) * 1000)::bigint,
  1 + (select max(s.lease_token) from fulfillment.fulfillment_job_steps s where s.job_id = $1)))
returning lease_token as token`;

const appendEvent = `
insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
values ($1, (select coalesce(max(e.seq), 0) + 1 from fulfillment.fulfillment_job_events e where e.job_id = $1), $2, $3, $4, $5)
returning seq`;

export async function decide(tx: Transaction, job: LockedJob, decision: JobDecision): Promise<number> {
  const { jobId } = job;
  const token = await moveInDispatch(tx, job, decision.due);
  const { state, order } = decision;
  if (state || order)
    await queryIn(tx, updateJob, [
      jobId,
      state?.state ?? null,
      state?.reason ?? null,
      state?.failedStep ?? null,
      state !== undefined && final.has(state.state),
      order ? JSON.stringify(order) : null,
    ]);
  if (decision.steps?.length) await queryIn(tx, upsertSteps, [jobId, JSON.stringify(decision.steps), token]);
  if (decision.effects?.length)
    await queryIn(tx, upsertEffects, [jobId, JSON.stringify(decision.effects), token]);
  const { kind, step, data } = decision.event;
  const [told] = await queryIn<{ seq: number }>(tx, appendEvent, [
    jobId,
    kind,
    step ?? null,
    decision.actor,
    JSON.stringify(data ?? {}),
  ]);
  if (!told) throw new Error('The timeline has not taken the line.');
  return told.seq;
}

async function moveInDispatch(tx: Transaction, job: LockedJob, due: JobDecision['due']): Promise<bigint> {
  if (due === 'over') {
    const [gone] = await queryIn<{ token: bigint }>(
      tx,
      'delete from fulfillment.fulfillment_dispatch d where d.job_id = $1 returning d.lease_token as token',
      [job.jobId],
    );
    return gone?.token ?? 0n;
  }
  const dueAt = due === 'now' ? job.now : due === 'keep' ? null : due;
  const [moved] = job.dispatched
    ? await queryIn<{ token: bigint }>(tx, moveDispatch, [job.jobId, dueAt])
    : due === 'keep'
      ? [{ token: 0n }]
      : await queryIn<{ token: bigint }>(tx, reopen, [job.jobId, planKey(job.plan), dueAt]);
  if (!moved) throw new Error('The dispatch row has gone under its lock.');
  return moved.token;
}
