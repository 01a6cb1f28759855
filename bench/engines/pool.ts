import pg from 'pg';

// The counts and ids of the benchmark fit a double.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export function createPool(databaseUrl: string, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connectionsMax, types });
  // Without listeners a connection that is ended while idle or in use would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** The single number of a statement that selects `n`. */
export async function readCount(pool: pg.Pool, text: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(text);
  return rows[0]?.n ?? 0;
}
