import type { StoredPaper } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** A credit note or a reversal. */
export async function readCreditNote(
  database: Database,
  creditNoteId: string,
): Promise<StoredPaper | undefined> {
  const [row] = await ask<{ series: string; number: bigint | string; document: unknown }>(
    database,
    `select c.series, c.number, c.document from fulfillment.credit_notes c
      where c.id = $1 and not exists (
        select from fulfillment.ebook_entitlements e join fulfillment.profiles owner on owner.id = e.profile_id
         where e.payment_id = c.payment_id and owner.erased_at is not null)`,
    [creditNoteId],
  );
  return row && { series: row.series, number: Number(row.number), document: row.document };
}
