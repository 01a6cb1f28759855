import { z } from 'zod';
import { entitlementStates } from '../../domain/entitlement.ts';
import { jobStates, stepStates } from '../../domain/job.ts';
import type { BulkCandidate } from '../../ports/bulk.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { planSchema } from '../jobs/planCache.ts';
import { queryIn } from '../transaction.ts';

// What comes out of a jsonb column is JSON: only its outermost shape is in doubt.
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const rowSchema = z.object({
  jobId: z.string(),
  kind: z.string(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  failedStep: z.string().nullable(),
  subjectKey: z.string().nullable(),
  version: z.number(),
  plan: planSchema,
  order: jsonObject.nullable(),
  payment: z
    .object({
      id: z.string(),
      key: z.string(),
      orderId: z.string(),
      paid: z.boolean(),
      takenBack: z.boolean(),
      takenLines: z.array(z.number()),
      erased: z.boolean(),
      amount: z.number().nullable(),
      currency: z.string().nullable(),
    })
    .nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      state: z.enum(stepStates),
      output: jsonObject.nullable(),
      attempts: z.number(),
      dueAt: z.coerce.date().nullable(),
      reason: z.string().nullable(),
    }),
  ),
  leased: z.boolean().nullable(),
  hasReceipt: z.boolean(),
  askedMails: z.array(
    z.object({ jobId: z.string(), kind: z.string(), subjectKey: z.string(), state: z.enum(jobStates) }),
  ),
  ownedLines: z.array(
    z.object({
      entitlementId: z.string(),
      lineNo: z.number(),
      state: z.enum(entitlementStates),
      filesReady: z.boolean(),
      claimed: z.boolean(),
    }),
  ),
  extendableLinks: z.number(),
  buyerEmail: z.string().nullable(),
  now: z.date(),
});

// By the same rules as lockJob.ts and operations/buyers read one job, for many and without their locks.
const statement = `
select j.id as "jobId", j.kind, j.state, j.reason, j.failed_step as "failedStep", j.subject_key as "subjectKey",
       j.order_snapshot as "order", clock_timestamp() as now,
       coalesce((select max(e.seq) from fulfillment.fulfillment_job_events e where e.job_id = j.id), 0) as version,
       (select p.definition from fulfillment.fulfillment_plans p where p.id = j.plan_id) as plan,
       (select jsonb_build_object('id', p.id, 'key', p.payment_key, 'orderId', p.order_id, 'paid', p.paid,
                 'takenBack', coalesce((p.facts ->> 'taken_back')::boolean, false),
                 'takenLines', coalesce(p.facts -> 'taken_lines', '[]'), 'erased', p.erased_at is not null,
                 'amount', p.amount, 'currency', p.currency)
          from fulfillment.payments p where p.id = j.payment_id) as payment,
       coalesce((select jsonb_agg(jsonb_build_object('step', s.step, 'state', s.state, 'attempts', s.attempts,
                 'dueAt', s.due_at, 'reason', s.reason, 'output', null))
          from fulfillment.fulfillment_job_steps s where s.job_id = j.id), '[]') as steps,
       (select d.worker is not null and d.due_at > clock_timestamp()
          from fulfillment.fulfillment_dispatch d where d.job_id = j.id) as leased,
       exists (select from fulfillment.receipts r where r.payment_id = j.payment_id) as "hasReceipt",
       coalesce((select jsonb_agg(jsonb_build_object('jobId', a.id, 'kind', a.kind, 'subjectKey', a.subject_key,
                 'state', a.state) order by a.id)
          from fulfillment.fulfillment_jobs a
         where a.payment_id = j.payment_id and a.subject_key is not null), '[]') as "askedMails",
       coalesce((select jsonb_agg(jsonb_build_object('entitlementId', e.id, 'lineNo', e.line_no, 'state', e.state,
                 'claimed', b.state = 'claimed',
                 'filesReady', e.formats <@ array(select f.format from fulfillment.stored_files f
                    where f.payment_id = e.payment_id and f.line_no = e.line_no and f.kind = 'copy')) order by e.line_no)
          from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
         where e.payment_id = j.payment_id), '[]') as "ownedLines",
       (select count(*)::int
          from fulfillment.ebook_entitlements e join fulfillment.download_links l on l.entitlement_id = e.id
         where e.payment_id = j.payment_id and e.state <> 'revoked' and l.origin = 'mail' and l.ended_at is null)
         as "extendableLinks",
       coalesce((select b.email from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
                  where e.payment_id = j.payment_id order by e.line_no limit 1),
                j.order_snapshot -> 'buyer' ->> 'email') as "buyerEmail"
  from fulfillment.fulfillment_jobs j
 where j.id = any($1::uuid[])
 order by j.id`;

/** Jobs with everything that decides whether an action makes sense for them. */
export async function readCandidates(tx: Transaction, jobIds: readonly string[]): Promise<BulkCandidate[]> {
  const rows = await queryIn(tx, statement, [jobIds]);
  return rows.map((row) => candidateOf(rowSchema.parse(row)));
}

function candidateOf(row: z.infer<typeof rowSchema>): BulkCandidate {
  const { payment, leased, hasReceipt, askedMails, ownedLines, extendableLinks, buyerEmail, ...job } = row;
  const { amount = null, currency = null } = payment ?? {};
  return {
    job: { ...job, payment, effects: [], leased: leased ?? false, dispatched: leased !== null },
    hasReceipt,
    askedMails,
    ownedLines,
    extendableLinks,
    amount: amount === null || currency === null ? null : { minor: amount, currency },
    buyerEmail,
  };
}
