import type pg from 'pg';
import type { ChainedAuditRow } from '../../domain/auditChain.ts';
import type { AuditChain } from '../../ports/audit.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { clientOf, inTransaction } from '../transaction.ts';
import { auditColumns, type StoredAuditRow, toChainedRow } from './auditRow.ts';
import { listCheckpoints } from './checkpoints.ts';
import { readHead } from './readHead.ts';

const batchRows = 1_000;

/**
 * The whole chain in one snapshot, so that neither appending nor pruning looks like tampering. A cursor and not page
 * after page by number: in a table without its key a number may be there twice.
 */
export function readChain<T>(pool: pg.Pool, read: (chain: AuditChain) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    const client = clientOf(tx);
    await ask(client, 'set transaction isolation level repeatable read, read only', []);
    await ask(
      client,
      `declare audit_chain no scroll cursor for select ${auditColumns} from fulfillment.ops_audit a order by a.seq`,
      [],
    );
    return read({
      head: await readHead(client),
      checkpoints: await listCheckpoints(client),
      batches: fetchBatches(client),
    });
  });
}

async function* fetchBatches(client: Database): AsyncGenerator<ChainedAuditRow[]> {
  for (;;) {
    const rows = await ask<StoredAuditRow>(client, `fetch forward ${batchRows} from audit_chain`, []);
    if (rows.length === 0) return;
    yield rows.map(toChainedRow);
  }
}
