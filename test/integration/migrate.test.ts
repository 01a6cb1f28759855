import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, type MigrateOptions } from '../../src/store/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../setup/database.ts';

const FIRST = '20260101000000_first.sql';
const SECOND = '20260102000000_second.sql';
const THIRD = '20260103000000_third.sql';

let database: TestDatabase;
let admin: Client;
let directory: string;
let logged: string[];

beforeEach(async () => {
  database = await createEmptyDatabase();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  directory = await mkdtemp(join(tmpdir(), 'migrate-test-'));
  logged = [];
});

afterEach(async () => {
  await admin.end();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
}

function run(options: Partial<MigrateOptions> = {}) {
  return migrate({ client: database.url, directory, log: (message) => logged.push(message), ...options });
}

async function failure(options: Partial<MigrateOptions> = {}): Promise<Error> {
  return run(options).then(
    () => expect.fail('it should not have succeeded'),
    (error: Error) => error,
  );
}

async function lockTableA(): Promise<void> {
  await admin.query('create table a (n int)');
  await admin.query('begin; lock table a in access exclusive mode');
}

async function rows(sql: string): Promise<unknown[]> {
  return (await admin.query<Record<string, unknown>>(sql)).rows;
}

describe('migrate', () => {
  it('applies the files in order and notes them as the Supabase CLI does', async () => {
    await write({
      [SECOND]: '-- why\ninsert into a values (1);\ninsert into a values (2);\n',
      [FIRST]: 'create table a (n int);',
    });

    expect(await run()).toEqual({ applied: [FIRST, SECOND], alreadyThere: 0 });
    expect(await rows('select n from a')).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await rows('select * from supabase_migrations.schema_migrations order by version')).toEqual([
      { version: '20260101000000', name: 'first', statements: ['create table a (n int)'] },
      {
        version: '20260102000000',
        name: 'second',
        statements: ['-- why\ninsert into a values (1)', 'insert into a values (2)'],
      },
    ]);
  });

  it('changes nothing the second time', async () => {
    await write({ [FIRST]: 'create table a (n int);' });
    await run();
    const before = await rows('select xmin, * from supabase_migrations.schema_migrations');

    expect(await run()).toEqual({ applied: [], alreadyThere: 1 });
    expect(await rows('select xmin, * from supabase_migrations.schema_migrations')).toEqual(before);
  });

  it('writes nothing when there are no files', async () => {
    expect(await run()).toEqual({ applied: [], alreadyThere: 0 });
    expect(await rows(`select from pg_namespace where nspname = 'supabase_migrations'`)).toEqual([]);
  });

  it('leaves nothing of a file that fails, keeps the files before it, and goes on once it is mended', async () => {
    await write({
      [FIRST]: 'create table a (n int);',
      [SECOND]: 'create table b (n int);\n-- zażółć 😀\ninsert into a values (1),\n  (nonsense);\n',
      [THIRD]: 'create table c (n int);',
    });

    const error = await failure();
    expect(error).toMatchObject({ name: 'MigrationError', fileName: SECOND, line: 4 });
    expect(error.message).toContain(`${SECOND}, line 4 (statement 2): column "nonsense" does not exist`);
    expect(
      await rows(`select to_regclass('b') as b, to_regclass('c') as c, (select count(*)::int from a) as n`),
    ).toEqual([{ b: null, c: null, n: 0 }]);

    await write({ [SECOND]: 'create table b (n int);' });
    expect(await run()).toEqual({ applied: [SECOND, THIRD], alreadyThere: 1 });
  });

  it('names the first line of a statement whose error has no position, and no rows', async () => {
    await write({
      [FIRST]: `create table a (n text unique);\n\ninsert into a values ('jane@example.com'),\n ('jane@example.com');`,
    });
    const error = await failure();
    expect(error.message).toContain('line 3 (statement 2)');
    expect(error.message).not.toContain('jane');
  });

  it('refuses a file that ends its own transaction', async () => {
    await write({ [FIRST]: 'create table a (n int);\ncommit;\ncreate table b (n int);' });
    expect((await failure()).message).toContain(`${FIRST}, line 2: COMMIT must go`);
    expect(await rows(`select to_regclass('a') as a`)).toEqual([{ a: null }]);
  });

  it('applies every file once when two migrators run at the same time', async () => {
    await write({
      [FIRST]: 'create table a (n int); select pg_sleep(0.1);',
      [SECOND]: 'create table b (n int);',
    });
    const results = await Promise.all([run(), run()]);
    expect(results.flatMap((result) => result.applied).toSorted()).toEqual([FIRST, SECOND]);
    expect(results.map((result) => result.applied.length + result.alreadyThere)).toEqual([2, 2]);
  });

  it('tries again when the running product holds a lock for a while', async () => {
    await lockTableA();
    await write({ [FIRST]: 'alter table a add column m int;' });
    const release = (message: string) => {
      if (message.includes('busy lock')) void admin.query('rollback');
    };
    expect(await run({ lockTimeoutMs: 50, log: release })).toEqual({ applied: [FIRST], alreadyThere: 0 });
  });

  it('gives up on a lock that stays busy', async () => {
    await lockTableA();
    await write({ [FIRST]: 'alter table a add column m int;' });
    expect((await failure({ lockTimeoutMs: 50, attempts: 1 })).message).toContain('lock timeout');
    await admin.query('rollback');
  });

  it('accepts versions it does not know and applies older files too, and says so', async () => {
    await write({ [SECOND]: 'create table b (n int);' });
    await run();
    await rm(join(directory, SECOND));
    await write({ [FIRST]: 'create table a (n int);', 'notes.sql': 'select 1;' });

    expect(await run()).toEqual({ applied: [FIRST], alreadyThere: 0 });
    expect(logged.join('\n')).toMatch(/1 migrations that are not here.*20260102000000/);
    expect(logged.join('\n')).toMatch(/20260101000000_first.sql is older than the newest applied/);
    expect(logged.join('\n')).toMatch(/Skipped notes.sql/);
  });

  it('refuses two files of one version', async () => {
    await write({ [FIRST]: 'select 1;', '20260101000000_other.sql': 'select 2;' });
    expect((await failure()).message).toContain('Two migrations have the version 20260101000000');
  });

  it.each([
    ['an old one without names', 'version text not null primary key'],
    [
      'a hosted one with more',
      'version text primary key, statements text[], name text, created_by text, rollback text[]',
    ],
  ])('works with the table as the Supabase CLI made it: %s', async (_which, columns) => {
    await admin.query(
      `create schema supabase_migrations; create table supabase_migrations.schema_migrations (${columns})`,
    );
    await admin.query(
      `insert into supabase_migrations.schema_migrations (version) values ('20260101000000')`,
    );
    await write({ [FIRST]: 'create table a (n int);', [SECOND]: 'create table b (n int);' });

    expect(await run()).toEqual({ applied: [SECOND], alreadyThere: 1 });
    expect(
      await rows('select version, name from supabase_migrations.schema_migrations order by version'),
    ).toEqual([
      { version: '20260101000000', name: null },
      { version: '20260102000000', name: 'second' },
    ]);
  });

  it('keeps the settings of one file from the next', async () => {
    await write({
      [FIRST]: `create schema elsewhere; set search_path to elsewhere; select set_config('row_security', 'off', false);`,
      [SECOND]: 'create table a (n int);',
    });
    expect(await run({ client: admin })).toMatchObject({ applied: [FIRST, SECOND] });
    expect(await rows(`select to_regclass('public.a') is not null as there`)).toEqual([{ there: true }]);
  });

  it('works for an owner who is no superuser, where the database is not theirs', async () => {
    const owner = `migrate_test_owner_${process.pid}`;
    await admin.query(`
      create role ${owner} login password 'x';
      create schema supabase_migrations authorization ${owner};
      create schema theirs authorization ${owner}`);
    await write({ [FIRST]: 'create table theirs.a (n int);' });
    const url = new URL(database.url);
    url.username = owner;
    url.password = 'x';
    expect(await run({ client: url.href })).toEqual({ applied: [FIRST], alreadyThere: 0 });
    await admin.query(
      `drop owned by ${escapeIdentifier(owner)} cascade; drop role ${escapeIdentifier(owner)}`,
    );
  });
});
