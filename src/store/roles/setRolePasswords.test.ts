import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { setRolePasswords } from './setRolePasswords.ts';

const role = `password_test_${randomBytes(4).toString('hex')}`;
let admin: Client;
beforeAll(async () => {
  admin = new Client({ connectionString: inject('postgresAdminUrl') });
  await admin.connect();
  await admin.query(`create role ${escapeIdentifier(role)} nologin`);
});
afterAll(async () => {
  await admin.query(`drop role ${escapeIdentifier(role)}`);
  await admin.end();
});

async function logIn(password: string): Promise<string> {
  const url = new URL(inject('postgresAdminUrl'));
  const client = new Client({
    host: url.hostname,
    port: Number(url.port),
    user: role,
    password,
    database: url.pathname.slice(1),
  });
  try {
    await client.connect();
    return (await client.query<{ user: string }>('select current_user as "user"')).rows[0]?.user ?? '';
  } finally {
    await client.end();
  }
}

describe('passwords of roles', () => {
  it('let the role log in with them and with nothing else, whatever characters they hold', async () => {
    const password = `it's "a" \\ $pass$ ; --`;
    await setRolePasswords(admin, [{ role, password }]);
    expect(await logIn(password)).toBe(role);
    await expect(logIn('another')).rejects.toThrow(/password authentication failed/);
  });

  it('are set for all roles or for none', async () => {
    await setRolePasswords(admin, [{ role, password: 'before' }]);
    const both = [
      { role, password: 'after' },
      { role: 'no_such_role', password: 'x' },
    ];
    await expect(setRolePasswords(admin, both)).rejects.toThrow(/no_such_role/);
    expect(await logIn('before')).toBe(role);
  });
});
