import { z } from 'zod';
import { effectStates, jobStates, stepStates } from '../../domain/job.ts';
import type { DossierJob } from '../../ports/orderDossier.ts';
import { planSchema } from '../jobs/planCache.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { jsonObject, time } from './jsonObject.ts';

const progress = {
  attempts: z.number(),
  dueAt: time.nullable(),
  reason: z.string().nullable(),
  updatedAt: time,
};
const rowSchema = z.object({
  jobId: z.string(),
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  failedStep: z.string().nullable(),
  mailUnproven: z.boolean(),
  slaDeadline: z.date(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
  heldAt: z.date().nullable(),
  version: z.number(),
  // A plan of a newer build may be shaped in a way that this one cannot read; the rest is shown all the same.
  plan: planSchema.nullable().catch(null),
  order: jsonObject.nullable(),
  dispatch: z.object({ dueAt: time, worker: z.string().nullable() }).nullable(),
  payment: z
    .object({
      id: z.string(),
      key: z.string(),
      paymentIntentId: z.string().nullable(),
      checkoutSessionId: z.string().nullable(),
      orderId: z.string(),
      livemode: z.boolean(),
      paid: z.boolean(),
      paidAt: time.nullable(),
      erasedAt: time.nullable(),
      amountMinor: z.number().nullable(),
      currency: z.string().nullable(),
      facts: jsonObject,
      factsVersion: z.number(),
    })
    .nullable(),
  receipt: z.object({ series: z.string(), number: z.number(), issuedAt: time }).nullable(),
  steps: z.array(z.object({ step: z.string(), state: z.enum(stepStates), ...progress })),
  effects: z.array(
    z.object({
      step: z.string(),
      effectKey: z.string(),
      state: z.enum(effectStates),
      skipped: z.string().nullable(),
      ...progress,
    }),
  ),
  now: z.date(),
});

/** An order has at most 100 lines, in two formats each. */
const effectsMax = 500;

const statement = `
select j.id as "jobId", j.kind, j.state, j.reason, j.failed_step as "failedStep", j.mail_unproven as "mailUnproven",
       j.sla_deadline as "slaDeadline", j.created_at as "createdAt", j.finished_at as "finishedAt", j.held_at as "heldAt",
       j.order_snapshot as "order", clock_timestamp() as now,
       coalesce((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id), 0) as version,
       (select p.definition from fulfillment.fulfillment_plans p where p.id = j.plan_id) as plan,
       (select jsonb_build_object('dueAt', d.due_at, 'worker', d.worker)
          from fulfillment.fulfillment_dispatch d where d.job_id = j.id) as dispatch,
       (select jsonb_build_object('id', p.id, 'key', p.payment_key, 'paymentIntentId', p.payment_intent_id,
                 'checkoutSessionId', p.checkout_session_id, 'orderId', p.order_id, 'livemode', p.livemode, 'paid', p.paid,
                 'paidAt', p.paid_at, 'erasedAt', p.erased_at, 'amountMinor', p.amount, 'currency', p.currency, 'facts', p.facts,
                 'factsVersion', p.facts_version)
          from fulfillment.payments p where p.id = j.payment_id) as payment,
       (select jsonb_build_object('series', r.series, 'number', r.number, 'issuedAt', r.issued_at)
          from fulfillment.receipts r where r.payment_id = j.payment_id) as receipt,
       coalesce((select jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                 'dueAt', s.due_at, 'reason', s.reason, 'updatedAt', s.updated_at))
          from fulfillment.fulfillment_job_steps s where s.job_id = j.id), '[]') as steps,
       coalesce((select jsonb_agg(jsonb_build_object('step', e.step, 'effectKey', e.effect_key, 'state', e.state,
                 'attempts', e.attempts, 'dueAt', e.due_at, 'reason', e.reason, 'skipped', e.evidence ->> 'skipped',
                 'updatedAt', e.updated_at))
          from (select * from fulfillment.fulfillment_job_effects x where x.job_id = j.id
                 order by x.step, x.effect_key limit ${effectsMax}) e), '[]') as effects
  from fulfillment.fulfillment_jobs j where j.id = $1`;

/** The job with its payment, steps and effects. */
export async function readJob(database: Database, jobId: string): Promise<DossierJob | undefined> {
  const [row] = await ask(database, statement, [jobId]);
  return row && rowSchema.parse(row);
}
