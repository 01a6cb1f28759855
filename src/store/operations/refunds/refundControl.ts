import { z } from 'zod';
import { refundStatuses } from '../../../domain/refunds.ts';
import type { RefundControl } from '../../../ports/refundControl.ts';
import { queryIn } from '../../transaction.ts';

const known = z.object({
  refunds: z.array(z.object({ id: z.string(), amount: z.number(), status: z.enum(refundStatuses) })),
  answers: z.record(z.string(), z.array(z.number())),
  lineNos: z.array(z.number()).nullable(),
});

/** What staff decides about refunds, over a connection of `fulfillment_operations`. */
export const refundControl: RefundControl = {
  async read(tx, paymentId) {
    const [row] = await queryIn(
      tx,
      `select coalesce(p.facts -> 'refunds', '[]') as refunds, coalesce(p.facts -> 'refund_lines', '{}') as answers,
              (select jsonb_path_query_array(j.order_snapshot, '$.lines[*].lineNo')
                 from fulfillment.fulfillment_jobs j
                where j.payment_id = p.id and j.kind = 'fulfil' and j.order_snapshot is not null) as "lineNos"
         from fulfillment.payments p where p.id = $1`,
      [paymentId],
    );
    return known.parse(row);
  },

  async answer(tx, { jobId, paymentId, refundId, lines, slaSeconds }) {
    await queryIn(
      tx,
      `update fulfillment.payments p
          set facts = p.facts || jsonb_build_object('refund_lines',
                coalesce(p.facts -> 'refund_lines', '{}') || jsonb_build_object($2::text, $3::jsonb)),
              facts_version = p.facts_version + 1, facts_wanted = p.facts_wanted + 1, updated_at = clock_timestamp()
        where p.id = $1`,
      [paymentId, refundId, JSON.stringify(lines)],
    );
    const [row] = await queryIn<{ reopened: boolean }>(
      tx,
      'select fulfillment.reopen_settle($1, $2) as reopened',
      [jobId, slaSeconds],
    );
    return { reopened: row?.reopened ?? false };
  },
};
