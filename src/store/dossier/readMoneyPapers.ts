import { z } from 'zod';
import type { DossierMoney } from '../../ports/orderDossier.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { time } from './jsonObject.ts';

const rowSchema = z.object({
  creditNotes: z.array(
    z.object({
      creditNoteId: z.string(),
      refundId: z.string(),
      kind: z.enum(['credit', 'reversal']),
      amountMinor: z.number(),
      series: z.string(),
      number: z.number(),
      issuedAt: time,
    }),
  ),
  notices: z.array(z.object({ key: z.string(), kind: z.string(), lineNos: z.array(z.number()), at: time })),
});

const rowsMax = 100;

const statement = `
select coalesce((select jsonb_agg(jsonb_build_object('creditNoteId', c.id, 'refundId', c.refund_id, 'kind', c.kind,
                 'amountMinor', c.amount, 'series', c.series, 'number', c.number, 'issuedAt', c.issued_at)
                 order by c.issued_at, c.number)
          from (select * from fulfillment.credit_notes x where x.payment_id = $1
                 order by x.issued_at, x.number limit ${rowsMax}) c), '[]') as "creditNotes",
       coalesce((select jsonb_agg(jsonb_build_object('key', n.key, 'kind', n.kind,
                 'lineNos', coalesce(n.data -> 'lines', '[]'), 'at', n.created_at) order by n.created_at, n.id)
          from (select * from fulfillment.payment_notices x where x.payment_id = $1
                 order by x.created_at, x.id limit ${rowsMax}) n), '[]') as notices`;

/** Credit notes of a payment, and what its buyer is told, the oldest first. */
export async function readMoneyPapers(database: Database, paymentId: string): Promise<DossierMoney> {
  const [row] = await ask(database, statement, [paymentId]);
  return rowSchema.parse(row);
}
