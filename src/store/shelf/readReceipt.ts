import type { StoredPaper } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** The receipt of a payment, once it is issued. */
export async function readReceipt(database: Database, paymentId: string): Promise<StoredPaper | undefined> {
  const [row] = await ask<{ series: string; number: bigint | string; document: unknown }>(
    database,
    `select r.series, r.number, r.document from fulfillment.receipts r
      where r.payment_id = $1 and not exists (
        select from fulfillment.ebook_entitlements e join fulfillment.profiles owner on owner.id = e.profile_id
         where e.payment_id = r.payment_id and owner.erased_at is not null)`,
    [paymentId],
  );
  return row && { series: row.series, number: Number(row.number), document: row.document };
}
