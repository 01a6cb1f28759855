import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { LockedJob } from '../../ports/jobControl.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { planSchema } from '../jobs/planCache.ts';
import { queryIn } from '../transaction.ts';

// What comes out of a jsonb column is JSON: only its outermost shape is in doubt.
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const progress = {
  attempts: z.number(),
  dueAt: z.coerce.date().nullable(),
  reason: z.string().nullable(),
};
const rowSchema = z.object({
  jobId: z.string(),
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  failedStep: z.string().nullable(),
  version: z.number(),
  plan: planSchema,
  order: jsonObject.nullable(),
  subjectKey: z.string().nullable(),
  payment: z
    .object({
      id: z.string(),
      key: z.string(),
      orderId: z.string(),
      paid: z.boolean(),
      takenBack: z.boolean(),
      takenLines: z.array(z.number()),
      erased: z.boolean(),
    })
    .nullable(),
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
  now: z.date(),
});

const statement = `
select j.id as "jobId", j.kind, j.state, j.reason, j.failed_step as "failedStep", j.order_snapshot as "order",
       j.subject_key as "subjectKey", clock_timestamp() as now,
       (select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id) as version,
       (select p.definition from fulfillment.fulfillment_plans p where p.id = j.plan_id) as plan,
       (select jsonb_build_object('id', p.id, 'key', p.payment_key, 'orderId', p.order_id, 'paid', p.paid,
                 'takenBack', coalesce((p.facts ->> 'taken_back')::boolean, false),
                 'takenLines', coalesce(p.facts -> 'taken_lines', '[]'), 'erased', p.erased_at is not null)
          from fulfillment.payments p where p.id = j.payment_id) as payment,
       coalesce((select jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                 'dueAt', s.due_at, 'reason', s.reason, 'output', s.output))
          from fulfillment.fulfillment_job_steps s where s.job_id = j.id), '[]') as steps,
       coalesce((select jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                 'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'evidence', e.evidence))
          from fulfillment.fulfillment_job_effects e where e.job_id = j.id), '[]') as effects
  from fulfillment.fulfillment_jobs j where j.id = $1`;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Locks a job for a person's decision, in the order of all who write (law 7): dispatch, payment, job. A finished job has
 * no dispatch row; should one appear meanwhile, somebody else has just decided about it.
 */
export async function lockJob(tx: Transaction, jobId: string): Promise<LockedJob | undefined> {
  if (!uuid.test(jobId)) return undefined;
  const [dispatch] = await lockDispatch(tx, jobId, 'for update');
  await queryIn(
    tx,
    `select from fulfillment.payments p
      where p.id = (select j.payment_id from fulfillment.fulfillment_jobs j where j.id = $1) for no key update`,
    [jobId],
  );
  const found = await queryIn(
    tx,
    'select from fulfillment.fulfillment_jobs j where j.id = $1 for no key update',
    [jobId],
  );
  if (found.length === 0) return undefined;
  if (!dispatch && (await lockDispatch(tx, jobId, '')).length > 0)
    throw new Fault({ kind: 'transient', reason: 'conflict', message: 'The job was taken up meanwhile.' });
  const [row] = await queryIn(tx, statement, [jobId]);
  return { ...rowSchema.parse(row), leased: dispatch?.leased ?? false, dispatched: dispatch !== undefined };
}

const lockDispatch = (tx: Transaction, jobId: string, lock: 'for update' | '') =>
  queryIn<{ leased: boolean }>(
    tx,
    `select d.worker is not null and d.due_at > clock_timestamp() as leased
       from fulfillment.fulfillment_dispatch d where d.job_id = $1 ${lock}`,
    [jobId],
  );
