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
export function readChain<T>(pool: pg.Pool, read: ReadChain<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    await ask(clientOf(tx), snapshot, []);
    return readWith(clientOf(tx), read);
  });
}

const tryAlone = `select pg_try_advisory_xact_lock(hashtextextended('fulfillment.ops_audit is read', 0)) as alone`;

/** The same under a lock of the whole database, which ends with the transaction. */
export function readChainAlone<T>(
  pool: pg.Pool,
  read: ReadChain<T>,
): Promise<{ alone: true; value: T } | { alone: false }> {
  return inTransaction(pool, async (tx) => {
    const client = clientOf(tx);
    await ask(client, snapshot, []);
    const [lock] = await ask<{ alone: boolean }>(client, tryAlone, []);
    if (lock?.alone !== true) return { alone: false };
    return { alone: true, value: await readWith(client, read) };
  });
}

type ReadChain<T> = (chain: AuditChain) => Promise<T>;

const snapshot = 'set transaction isolation level repeatable read, read only';

async function readWith<T>(client: Database, read: ReadChain<T>): Promise<T> {
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
}

async function* fetchBatches(client: Database): AsyncGenerator<ChainedAuditRow[]> {
  for (;;) {
    const rows = await ask<StoredAuditRow>(client, `fetch forward ${batchRows} from audit_chain`, []);
    if (rows.length === 0) return;
    yield rows.map(toChainedRow);
  }
}
