import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { inject } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';

export interface TestDatabase {
  /** The superuser's connection string. */
  url: string;
  drop(): Promise<void>;
}

/** The login roles the migrations make. They belong to the whole server. */
export const testRoles = [
  'fulfillment_intake',
  'fulfillment_worker',
  'fulfillment_shelf',
  'fulfillment_reader',
  'fulfillment_operations',
] as const;

export type TestRole = (typeof testRoles)[number];

export const migrationsDirectory = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

/** A database of its own with nothing in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return withAdmin((admin) => createDatabase(admin, 'template1'));
}

/** A database of its own with all migrations applied: a copy of a template made once per run. */
export function createTestDatabase(): Promise<TestDatabase> {
  return withAdmin(async (admin) => createDatabase(admin, await ensureTemplate(admin)));
}

/** A copy as it is now, as a backup has it. Nobody may be connected meanwhile. */
export function copyDatabase({ url }: TestDatabase): Promise<TestDatabase> {
  return withAdmin((admin) => createDatabase(admin, new URL(url).pathname.slice(1)));
}

/** The connection string of one of the migrations' login roles. It works once a test database was made. */
export function urlAs(database: TestDatabase, role: TestRole): string {
  const url = new URL(database.url);
  url.username = role;
  return url.href;
}

async function createDatabase(admin: Client, template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`);
  return {
    url: adminUrl(name),
    drop: () =>
      withAdmin(async (again) => {
        await again.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
      }),
  };
}

async function ensureTemplate(admin: Client): Promise<string> {
  const name = `template_${await fingerprint()}`;
  // Test files run side by side: one makes the template, the others wait for it.
  await admin.query(`select pg_advisory_lock(hashtextextended($1, 0))`, [name]);
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
  if (rowCount === 0) await makeTemplate(admin, name);
  await admin.query(`select pg_advisory_unlock(hashtextextended($1, 0))`, [name]);
  return name;
}

/** Gets its name at the end, so that a template which exists is whole. */
async function makeTemplate(admin: Client, name: string): Promise<void> {
  const unfinished = `${name}_unfinished`;
  await admin.query(`drop database if exists ${escapeIdentifier(unfinished)} with (force)`);
  await admin.query(`create database ${escapeIdentifier(unfinished)}`);
  if (existsSync(migrationsDirectory)) {
    await migrate({ client: adminUrl(unfinished), directory: migrationsDirectory });
  }
  await letRolesLogIn(admin);
  await admin.query(`alter database ${escapeIdentifier(unfinished)} rename to ${escapeIdentifier(name)}`);
}

async function letRolesLogIn(admin: Client): Promise<void> {
  const password = decodeURIComponent(new URL(inject('postgresAdminUrl')).password);
  const { rows } = await admin.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [testRoles],
  );
  for (const { rolname } of rows) {
    await admin.query(`alter role ${escapeIdentifier(rolname)} login password ${escapeLiteral(password)}`);
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const names = existsSync(migrationsDirectory) ? (await readdir(migrationsDirectory)).toSorted() : [];
  for (const name of names) {
    hash.update(`${name}\0`).update(await readFile(join(migrationsDirectory, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function adminUrl(database: string): string {
  const url = new URL(inject('postgresAdminUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

async function withAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: inject('postgresAdminUrl') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
