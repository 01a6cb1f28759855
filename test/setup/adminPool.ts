import { Pool } from 'pg';

/** A pool for a test's own look at a database. */
export function openAdminPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 3 });
  // `end` is over before the sockets are closed: a server that stops, or a drop by force, may still send its farewell.
  pool.on('error', () => undefined);
  return pool;
}
