import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import type { AuditLog } from '../../ports/audit.ts';
import { isUnavailable } from '../connection.ts';
import { inTransaction } from '../transaction.ts';
import { appendEntry } from './appendEntry.ts';
import { addCheckpoint, listCheckpoints } from './checkpoints.ts';
import { listEntries } from './listEntries.ts';
import { prune } from './prune.ts';
import { readChain, readChainAlone } from './readChain.ts';
import { readHash } from './readHash.ts';
import { readHead } from './readHead.ts';

/** The audit log over a pool that logs in as `fulfillment_operations`. */
export function createAuditLog(pool: pg.Pool): AuditLog {
  return {
    append: appendEntry,
    record: (entry) => orFault(() => inTransaction(pool, (tx) => appendEntry(tx, entry))),
    list: (filter, page) => listEntries(pool, filter, page),
    readChain: (read) => orFault(() => readChain(pool, read)),
    readChainAlone: (read) => orFault(() => readChainAlone(pool, read)),
    readHead: () => readHead(pool),
    readHash: (seq) => readHash(pool, seq),
    addCheckpoint: (point, anchoredTo) => addCheckpoint(pool, point, anchoredTo),
    listCheckpoints: () => listCheckpoints(pool),
    prune: (by, keepDays = 366) => orFault(() => prune(pool, by, keepDays)),
  };
}

/** As `ask` does for one statement: a database that is away is a fault that passes. */
async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault || !isUnavailable(error)) throw error;
    throw new Fault(
      { kind: 'transient', reason: 'database_unavailable', message: 'The database cannot be reached.' },
      { cause: error },
    );
  }
}
