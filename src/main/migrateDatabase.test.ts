import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, urlAs, type TestDatabase } from '../../test/setup/database.ts';
import { migrateDatabase, type MigrateDatabaseOptions } from './migrateDatabase.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const run = (changes: Partial<MigrateDatabaseOptions>) =>
  migrateDatabase({
    migratorUrl: database.url,
    roleUrls: [],
    missing: ['DATABASE_URL_WORKER'],
    dryRun: false,
    setPasswords: false,
    say: () => undefined,
    ...changes,
  });
const worker = (url: string) => [{ role: 'fulfillment_worker', variable: 'DATABASE_URL_WORKER', url }];

describe('migrating the database', () => {
  it('changes nothing where everything is applied, dry or not', async () => {
    const report = await run({});
    expect(report).toMatchObject({ applied: [], passwordsSet: [], passwordsMissing: [] });
    expect(report.alreadyThere).toBeGreaterThan(0);
    expect(await run({ dryRun: true })).toEqual(report);
  });

  it('gives a role the password of its URL', async () => {
    // The one it has, because the role belongs to the whole server of the tests.
    const url = urlAs(database, 'fulfillment_worker');
    expect(new URL(url).password).toBe(new URL(inject('postgresAdminUrl')).password);
    const report = await run({ setPasswords: true, roleUrls: worker(url), missing: ['DATABASE_URL_SHELF'] });
    expect(report).toMatchObject({
      passwordsSet: ['fulfillment_worker'],
      passwordsMissing: ['DATABASE_URL_SHELF'],
    });
  });

  it.each([
    [
      'another role',
      'postgres://postgres:secret@h/db',
      'DATABASE_URL_WORKER must log in as fulfillment_worker.',
    ],
    ['no password', 'postgres://fulfillment_worker@h/db', 'has no password'],
    [
      'a password that would have to be prepared',
      'postgres://fulfillment_worker:%C5%BC@h/db',
      'printable ASCII',
    ],
  ])('refuses a URL with %s before anything is changed', async (_what, url, message) => {
    const failure = run({
      setPasswords: true,
      roleUrls: worker(url),
      migratorUrl: 'postgres://nobody@127.0.0.1:1/x',
    });
    await expect(failure).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
  });

  it('takes the role of a pooler’s user name', async () => {
    const roleUrls = worker('postgres://fulfillment_worker.project:x@h/db');
    // Reaching the database is what fails: the name was accepted.
    await expect(
      run({ setPasswords: true, roleUrls, migratorUrl: 'postgres://me@127.0.0.1:1/x' }),
    ).rejects.toMatchObject({ exitCode: 1 });
  });

  it('says which URLs are missing when there is none', async () => {
    await expect(run({ setPasswords: true })).rejects.toMatchObject({
      exitCode: 2,
      details: ['Set at least one of DATABASE_URL_WORKER.'],
    });
  });

  it('tells a refused login from a failed migration', async () => {
    const url = new URL(database.url);
    url.username = 'no_such_role';
    await expect(run({ migratorUrl: url.href })).rejects.toMatchObject({
      name: 'CommandFailure',
      exitCode: 1,
    });
  });
});
