import type pg from 'pg';
import { ask, type Database } from '../shelf/ask.ts';
import { clientOf, inTransaction } from '../transaction.ts';

/** Reads that see one moment: what a person decides on must not be half of one and half of another. */
export function inSnapshot<T>(pool: pg.Pool, read: (database: Database) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    const client = clientOf(tx);
    await ask(client, 'set transaction isolation level repeatable read, read only', []);
    return read(client);
  });
}
