import type pg from 'pg';
import type { Transaction } from '../ports/transaction.ts';

export const asTransaction = (client: pg.ClientBase) => client as unknown as Transaction;

/** Only the store looks inside a transaction. */
export const clientOf = (tx: Transaction) => tx as unknown as pg.ClientBase;

/**
 * A process that computes for long finds its timers run out before it has read the answers that came in time. Where that
 * is why a connection was not had, it is asked for once more: nothing has been sent yet.
 */
async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const startedMs = performance.now();
  try {
    return await pool.connect();
  } catch (error) {
    const allowedMs = pool.options.connectionTimeoutMillis ?? Infinity;
    const late = performance.now() - startedMs > allowedMs * 1.2;
    if (late && error instanceof Error && /timeout/i.test(error.message)) return pool.connect();
    throw error;
  }
}

const undone = new WeakSet<object>();

/** Whether this was thrown by a transaction that has certainly not been committed, for COMMIT was never sent. */
export const isUndone = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && undone.has(error);

function noteUndone(error: unknown): void {
  if (typeof error === 'object' && error !== null) undone.add(error);
}

/** Runs work in one transaction on one connection; whatever is thrown rolls it back. */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await connect(pool).catch((error: unknown) => {
    noteUndone(error);
    throw error;
  });
  let committing = false;
  let broken: Error | undefined;
  const noteBroken = (error: Error) => {
    broken = error;
  };
  client.on('error', noteBroken);
  try {
    await client.query('begin');
    const result = await work(asTransaction(client));
    // On a connection that is known to be broken COMMIT would never leave this process.
    if (broken !== undefined) throw broken;
    committing = true;
    const { command } = await client.query('commit');
    // Postgres answers COMMIT with ROLLBACK when a statement had failed and nobody looked.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: an error inside it was swallowed.');
    return result;
  } catch (error) {
    if (!committing) noteUndone(error);
    await client.query('rollback').catch(noteBroken);
    throw error;
  } finally {
    client.off('error', noteBroken);
    client.release(broken);
  }
}

/** Runs one statement inside a transaction, for steps that are defined outside the store. */
export async function queryIn<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  tx: Transaction,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await clientOf(tx).query<Row>(text, values)).rows;
}
