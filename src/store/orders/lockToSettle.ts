import { z } from 'zod';
import { entitlementStates } from '../../domain/entitlement.ts';
import { jobStates } from '../../domain/job.ts';
import type { PaymentToSettle } from '../../ports/settling.ts';
import type { JsonObject } from '../../ports/step.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';
import { noticeSchema } from './noticeRow.ts';

// What comes out of a jsonb column is JSON: only its outermost shape is in doubt.
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const rowSchema = z.object({
  jobId: z.string(),
  paymentId: z.string(),
  factsWanted: z.coerce.number(),
  facts: jsonObject,
  fulfil: z
    .object({ state: z.enum(jobStates), issuesReceipt: z.boolean(), order: jsonObject.nullable() })
    .nullable(),
  receipt: z.object({ receiptId: z.string(), document: jsonObject }).nullable(),
  creditNotes: z.array(
    z.object({
      creditNoteId: z.string(),
      refundId: z.string(),
      kind: z.enum(['credit', 'reversal']),
      amount: z.number(),
      document: jsonObject,
    }),
  ),
  notices: z.array(noticeSchema),
  toldKeys: z.array(z.string()),
  owned: z.array(
    z.object({
      entitlementId: z.string(),
      lineNo: z.number(),
      state: z.enum(entitlementStates),
      filesReady: z.boolean(),
      claimed: z.boolean(),
    }),
  ),
});

/** One statement, so one moment: a fulfilment that it sees completed shows its receipt, too. */
const statement = `
select x.job_id as "jobId", p.id as "paymentId", p.facts_wanted as "factsWanted", p.facts,
       (select jsonb_build_object('state', j.state, 'order', j.order_snapshot, 'issuesReceipt',
                 pl.definition @? '$.steps[*] ? (@.name == "receipt")')
          from fulfillment.fulfillment_jobs j join fulfillment.fulfillment_plans pl on pl.id = j.plan_id
         where j.payment_id = p.id and j.kind = 'fulfil') as fulfil,
       (select jsonb_build_object('receiptId', r.id, 'document', r.document)
          from fulfillment.receipts r where r.payment_id = p.id) as receipt,
       coalesce((select jsonb_agg(jsonb_build_object('creditNoteId', c.id, 'refundId', c.refund_id, 'kind', c.kind,
                 'amount', c.amount, 'document', c.document) order by c.issued_at, c.series, c.number)
          from fulfillment.credit_notes c where c.payment_id = p.id), '[]') as "creditNotes",
       coalesce((select jsonb_agg(n.data || jsonb_build_object('key', n.key, 'kind', n.kind) order by n.created_at, n.id)
          from fulfillment.payment_notices n where n.payment_id = p.id), '[]') as notices,
       array(select substr(e.effect_key, length('notice:' || p.order_id || ':') + 1)
               from fulfillment.fulfillment_job_effects e
              where e.job_id = x.job_id and e.step = 'settle_mail' and e.state = 'done') as "toldKeys",
       coalesce((select jsonb_agg(jsonb_build_object('entitlementId', e.id, 'lineNo', e.line_no, 'state', e.state,
                 'claimed', owner.state = 'claimed', 'filesReady', e.formats <@ array(
                   select f.format from fulfillment.stored_files f
                    where f.payment_id = e.payment_id and f.line_no = e.line_no and f.kind = 'copy')) order by e.line_no)
          from fulfillment.ebook_entitlements e join fulfillment.profiles owner on owner.id = e.profile_id
         where e.payment_id = p.id), '[]') as owned
  from unnest($1::uuid[], $2::uuid[]) x(job_id, payment_id)
  join fulfillment.payments p on p.id = x.payment_id`;

/**
 * Locks payments in key order, and reads all that decides about them in a statement of its own: one that had waited for a
 * lock would see the rest as it was before. Whoever moves entitlements holds the payment, so they are not locked.
 */
export async function lockToSettle(
  tx: Transaction,
  jobs: Array<{ jobId: string; paymentId: string }>,
): Promise<Map<string, PaymentToSettle>> {
  const paymentIds = jobs.map(({ paymentId }) => paymentId);
  await queryIn(
    tx,
    'select from fulfillment.payments p where p.id = any($1::uuid[]) order by p.id for no key update',
    [paymentIds],
  );
  const rows = await queryIn(tx, statement, [jobs.map(({ jobId }) => jobId), paymentIds]);
  return new Map(
    rows.map((row) => {
      const { jobId, ...payment } = rowSchema.parse(row);
      return [jobId, payment];
    }),
  );
}
