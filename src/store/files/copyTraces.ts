import type pg from 'pg';
import type { CopyTraces, TracedCopy } from '../../ports/copyTrace.ts';
import { ask } from '../shelf/ask.ts';
import { orderOfFile } from './orderOfFile.ts';

/** Copies by their marks, over a pool of those who operate. */
export const createCopyTraces = (pool: pg.Pool): CopyTraces => ({
  async find(code) {
    const [row] = await ask<TracedCopy>(
      pool,
      `select p.order_id as "orderId", o.job_id as "jobId", f.line_no as "lineNo", f.made ->> 'productId' as "productId",
              f.version, f.format, f.stored_at as "storedAt", p.paid_at as "paidAt", o.order_snapshot as "order",
              (select e.state from fulfillment.ebook_entitlements e
                where e.payment_id = f.payment_id and e.line_no = f.line_no) as entitlement
         from fulfillment.stored_files f
         join fulfillment.payments p on p.id = f.payment_id
         left join lateral (${orderOfFile}) o on true
        where f.made -> 'mark' ->> 'code' = $1
        order by f.id limit 1`,
      [code],
    );
    return row;
  },
});
