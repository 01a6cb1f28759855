import type { CopyRecord } from '../../ports/files.ts';
import type { StreamedCopy } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** A copy that lies nowhere, by the key under which it would; undefined when there is none such. */
export async function readStreamedCopy(
  database: Database,
  storageKey: string,
): Promise<StreamedCopy | undefined> {
  const [row] = await ask<{
    made: CopyRecord;
    size_bytes: bigint;
    sha256: string;
    order_id: string;
    buyer_name: string | null;
  }>(database, 'select made, size_bytes, sha256, order_id, buyer_name from fulfillment.streamed_copy($1)', [
    storageKey,
  ]);
  return (
    row && {
      record: row.made,
      sizeBytes: Number(row.size_bytes),
      sha256: row.sha256,
      owner: { orderId: row.order_id, buyerName: row.buyer_name },
    }
  );
}
