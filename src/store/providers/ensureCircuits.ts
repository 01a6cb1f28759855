import type pg from 'pg';

/** Rows for providers that have none yet. */
export async function ensureCircuits(pool: pg.Pool | pg.ClientBase, providers: string[]): Promise<void> {
  await pool.query(
    `insert into fulfillment.provider_circuits (provider) select p from unnest($1::text[]) p order by p
     on conflict (provider) do nothing`,
    [providers],
  );
}
