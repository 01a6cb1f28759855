import type { StoredPaper } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** A credit note or a reversal. */
export async function readCreditNote(
  database: Database,
  creditNoteId: string,
): Promise<StoredPaper | undefined> {
  const [row] = await ask<{ series: string; number: bigint | string; document: unknown }>(
    database,
    'select c.series, c.number, c.document from fulfillment.credit_notes c where c.id = $1',
    [creditNoteId],
  );
  return row && { series: row.series, number: Number(row.number), document: row.document };
}
