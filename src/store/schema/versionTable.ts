import type { ClientBase } from 'pg';
import type { MigrationFile } from './migrationFiles.ts';
import type { Statement } from './splitStatements.ts';

/** The table in which the Supabase CLI keeps what has been applied (pkg/migration/history.go of supabase/cli). */
const TABLE = 'supabase_migrations.schema_migrations';

/** The versions that have been applied, in order. None if the table is not there yet. */
export async function readVersions(client: ClientBase): Promise<string[]> {
  const { table } = await lookAtTable(client);
  if (!table) return [];
  const { rows } = await client.query<{ version: string }>(`select version from ${TABLE} order by version`);
  return rows.map((row) => row.version);
}

export async function hasVersion(client: ClientBase, version: string): Promise<boolean> {
  const { rowCount } = await client.query(`select from ${TABLE} where version = $1`, [version]);
  return rowCount !== 0;
}

/** The statements are kept one by one, as the CLI does. */
export async function recordVersion(
  client: ClientBase,
  file: MigrationFile,
  statements: Statement[],
): Promise<void> {
  await client.query(`insert into ${TABLE} (version, name, statements) values ($1, $2, $3)`, [
    file.version,
    file.name,
    statements.map((statement) => statement.sql),
  ]);
}

/**
 * Makes what is missing of the table and nothing else: IF NOT EXISTS asks for the right to create even where nothing is
 * to be created.
 */
export async function ensureVersionTable(client: ClientBase): Promise<void> {
  const { schema, table, columns } = await lookAtTable(client);
  if (!schema) await client.query('create schema supabase_migrations');
  if (!table) {
    await client.query(
      `create table ${TABLE} (version text not null primary key, statements text[], name text)`,
    );
    return;
  }
  if (!columns.includes('statements'))
    await client.query(`alter table ${TABLE} add column statements text[]`);
  if (!columns.includes('name')) await client.query(`alter table ${TABLE} add column name text`);
}

interface TableLook {
  schema: boolean;
  table: boolean;
  columns: string[];
}

async function lookAtTable(client: ClientBase): Promise<TableLook> {
  const { rows } = await client.query<TableLook>(`
    select to_regnamespace('supabase_migrations') is not null as schema,
           to_regclass('${TABLE}') is not null as table,
           array(
             select attname::text from pg_catalog.pg_attribute
             where attrelid = to_regclass('${TABLE}') and attnum > 0 and not attisdropped
           ) as columns`);
  return rows[0] ?? { schema: false, table: false, columns: [] };
}
