import type pg from 'pg';
import { Fault } from '../../domain/fault.ts';
import { isUnavailable } from '../connection.ts';

/** A pool, or a client inside a transaction. */
export type Database = Pick<pg.Pool | pg.ClientBase, 'query'>;

/**
 * One statement, unnamed, so that any connection of a transaction pooler will do. A database that cannot be reached
 * is a transient fault; every other error is a bug and is passed on as it is.
 */
export async function ask<Row extends pg.QueryResultRow>(
  database: Database,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  try {
    const { rows } = await database.query<Row>(text, values);
    return rows;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new Fault(
      { kind: 'transient', reason: 'database_unavailable', message: 'The database cannot be reached.' },
      { cause: error },
    );
  }
}
