import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { RunningPostgres } from '../../sandbox/postgres/startPostgres.ts';
import { migrate } from '../../store/migrate.ts';

export const productDatabase = 'fulfillment';
export const sandboxDatabase = 'sandbox';

const roles = [
  'fulfillment_intake',
  'fulfillment_worker',
  'fulfillment_shelf',
  'fulfillment_reader',
  'fulfillment_operations',
];
export const migrationsDirectory = fileURLToPath(new URL('../../../supabase/migrations', import.meta.url));

/** Makes both databases, migrates the product's, and lets its login roles in. The same again changes nothing. */
export async function prepareDatabases(postgres: RunningPostgres): Promise<{ applied: string[] }> {
  const admin = new pg.Client({ connectionString: postgres.url() });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database');
    const known = new Set(rows.map((row) => row.datname));
    for (const name of [productDatabase, sandboxDatabase]) {
      if (!known.has(name)) await admin.query(`create database ${pg.escapeIdentifier(name)}`);
    }
    const { applied } = await migrate({
      client: postgres.url(productDatabase),
      directory: migrationsDirectory,
    });
    for (const role of roles) {
      await admin.query(
        `alter role ${pg.escapeIdentifier(role)} login password ${pg.escapeLiteral(postgres.password)}`,
      );
    }
    return { applied };
  } finally {
    await admin.end();
  }
}
