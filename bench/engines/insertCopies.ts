import type pg from 'pg';

export interface Copies {
  schema: string;
  table: string;
  /** SQL condition that finds the rows to copy, over the alias `s`. */
  where: string;
  count: number;
  /** SQL expressions for columns that must differ, over `s` and the copy's number `g`. */
  replace: Record<string, string>;
}

/** Multiplies rows that the engine itself has written, so that a history has the engine's own shape. */
export async function insertCopies(pool: pg.Pool, copies: Copies): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns
     where table_schema = $1 and table_name = $2 and is_generated = 'NEVER'
     order by ordinal_position`,
    [copies.schema, copies.table],
  );
  const names = rows.map(({ name }) => name);
  const values = names.map((name) => copies.replace[name] ?? `s."${name}"`);
  const table = `"${copies.schema}"."${copies.table}"`;
  await pool.query(
    `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')})
     select ${values.join(', ')}
     from generate_series(1, ${copies.count}) g cross join ${table} s
     where ${copies.where}`,
  );
}
