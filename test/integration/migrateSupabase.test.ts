import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type RunningPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrationsDirectory } from '../setup/database.ts';

const OWNER = 'project_owner';

// A server of its own: roles belong to the whole server, and here our migrations must be the ones that make them.
let server: RunningPostgres;
let admin: Client;

beforeAll(async () => {
  server = await startPostgres({
    dataDir: join(tmpdir(), `fulfillment-test-${randomUUID()}`),
    extraSettings: { fsync: 'off' },
  });
  admin = new Client({ connectionString: server.url() });
  await admin.connect();
  for (const statement of supabaseProject(server.password)) await admin.query(statement);
});

afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(server.directory, { recursive: true });
});

/** The roles, rights and default privileges of a Supabase project. Its owner, there `postgres`, is no superuser. */
function supabaseProject(password: string): string[] {
  return [
    `create role ${OWNER} login createrole createdb replication bypassrls password '${password}'`,
    'create role anon nologin noinherit',
    'create role authenticated nologin noinherit',
    'create role service_role nologin noinherit bypassrls',
    'create role authenticator login noinherit',
    `grant anon, authenticated, service_role to authenticator, ${OWNER}`,
    'create schema auth',
    `create schema extensions authorization ${OWNER}`,
    'create extension pgcrypto schema extensions',
    `create function auth.jwt() returns jsonb language sql stable
       as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$`,
    `alter database postgres owner to ${OWNER}`,
    `alter schema public owner to ${OWNER}`,
    'grant usage on schema public, auth, extensions to anon, authenticated, service_role',
    ...['tables', 'functions', 'sequences'].map(
      (kind) =>
        `alter default privileges for role ${OWNER} in schema public
         grant all on ${kind} to anon, authenticated, service_role`,
    ),
  ];
}

const project = () => ({ client: server.url('postgres', OWNER), directory: migrationsDirectory });

async function notedVersions(): Promise<unknown[]> {
  const sql = 'select xmin, * from supabase_migrations.schema_migrations order by version';
  return (await admin.query<Record<string, unknown>>(sql)).rows;
}

describe('our migrations on a Supabase project', () => {
  it('are applied by its owner, who is no superuser, and a second time change nothing', async () => {
    const first = await migrate(project());
    const noted = await notedVersions();

    expect(first.alreadyThere).toBe(0);
    expect(noted).toHaveLength(first.applied.length);
    expect(await migrate(project())).toEqual({ applied: [], alreadyThere: first.applied.length });
    expect(await notedVersions()).toEqual(noted);
  });

  it('show dashboards their figures also where the owner is bound by row security as everybody is', async () => {
    await admin.query(`alter role ${OWNER} nobypassrls`);
    await admin.query(
      `insert into fulfillment.job_failures (job_id, kind, step, reason) values (gen_random_uuid(), 'fulfil', 'email', 'timeout')`,
    );
    await admin.query('set role fulfillment_reporting');
    const { rows } = await admin.query('select step, failures::int from reporting.failures_by_reason');
    await admin.query('reset role');
    expect(rows).toEqual([{ step: 'email', failures: 1 }]);
  });
});
