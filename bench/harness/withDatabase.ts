import type pg from 'pg';
import { createPool } from '../engines/pool.ts';
import type { Bench } from './bench.ts';

/** Works on a database as the superuser, on one connection. */
export async function withDatabase<T>(
  bench: Bench,
  database: string,
  work: (pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const pool = createPool(bench.postgres.url(database), 1);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** Gives the planner what it needs to know, and the measurement a server that has nothing left to write. */
export async function refreshStatistics(bench: Bench, database: string): Promise<void> {
  await withDatabase(bench, database, (pool) => pool.query('vacuum analyze'));
  await bench.postgres.admin.query('checkpoint');
}
