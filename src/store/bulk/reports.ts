import type pg from 'pg';
import { maskEmail } from '../../domain/masking.ts';
import type { BulkItem, BulkItemState, BulkReports } from '../../ports/bulk.ts';
import { ask } from '../shelf/ask.ts';
import { runColumns, runOf, stateNow } from './runRow.ts';

const list = `
select ${runColumns} from fulfillment.ops_bulk_runs r
 where ($1::text is null or ${stateNow} = $1) and ($2::uuid is null or r.id < $2)
 order by r.id desc limit $3`;

type ItemRow = Omit<BulkItem, 'version' | 'amountMinor' | 'auditSeq'> & {
  version: string;
  amountMinor: bigint | null;
  auditSeq: bigint | null;
};

const items = `
select i.ordinal, i.job_id as "jobId", i.decided_on as version, i.ineligible_reason as "ineligibleReason", i.state,
       i.outcome, i.audit_seq as "auditSeq", i.finished_at as "finishedAt",
       p.order_id as "orderId", p.amount as "amountMinor", p.currency,
       coalesce((select b.email from fulfillment.ebook_entitlements e join fulfillment.profiles b on b.id = e.profile_id
                  where e.payment_id = p.id order by e.line_no limit 1),
                j.order_snapshot -> 'buyer' ->> 'email') as buyer
  from (select * from fulfillment.ops_bulk_items x
         where x.run_id = $1 and x.ordinal > $2 and ($3::text is null or x.state = $3)
         order by x.ordinal limit $4) i
  left join fulfillment.fulfillment_jobs j on j.id = i.job_id
  left join fulfillment.payments p on p.id = j.payment_id
 order by i.ordinal`;

/** What people see of runs, over a pool of `fulfillment_operations`. */
export const createBulkReports = (pool: pg.Pool): BulkReports => ({
  async list({ state, limit, after }) {
    return (await ask(pool, list, [state ?? null, after ?? null, limit])).map(runOf);
  },

  async read(runId) {
    const [row] = await ask(pool, `select ${runColumns} from fulfillment.ops_bulk_runs r where r.id = $1`, [
      runId,
    ]);
    return row && runOf(row);
  },

  outcomes: (runId) =>
    ask<{ state: BulkItemState; outcome: string; items: number }>(
      pool,
      `select i.state, i.outcome, count(*)::int as items from fulfillment.ops_bulk_items i
        where i.run_id = $1 and i.outcome is not null group by i.state, i.outcome order by items desc, i.outcome`,
      [runId],
    ),

  async items(runId, { state, limit, after }) {
    const rows = await ask<ItemRow>(pool, items, [runId, after, state ?? null, limit]);
    return rows.map(({ version, amountMinor, auditSeq, buyer, ...row }) => ({
      ...row,
      version: Number(version),
      amountMinor: amountMinor === null ? null : Number(amountMinor),
      auditSeq: auditSeq === null ? null : Number(auditSeq),
      buyer: buyer === null ? null : maskEmail(buyer),
    }));
  },
});
