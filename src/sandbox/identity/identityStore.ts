import { createHash, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import type { Pool } from 'pg';

export type Account = { subject: string; email: string; emailVerified: boolean };

/** What the provider keeps for good: with the same keys, tokens stay valid across restarts. */
export type ProviderKeys = { signingKey: JWK & { kid: string }; cookieKey: string };

export type IdentityStore = {
  keys: ProviderKeys;
  /** Notes who signs in, and whether the address counts as verified from now on. */
  saveAccount(email: string, emailVerified: boolean): Promise<Account>;
  findAccount(subject: string): Promise<Account | null>;
};

const tables = `
select pg_advisory_xact_lock(hashtext('identity_sandbox'));
create schema if not exists identity_sandbox;
create table if not exists identity_sandbox.keys (
  only_row boolean primary key default true check (only_row),
  signing_key json not null,
  cookie_key text not null
);
create table if not exists identity_sandbox.accounts (
  subject text primary key,
  email text not null,
  email_verified boolean not null
);
create table if not exists identity_sandbox.artifacts (
  kind text not null,
  id text not null,
  payload jsonb not null,
  expires_at timestamptz,
  primary key (kind, id)
);
create index if not exists artifacts_grant on identity_sandbox.artifacts ((payload ->> 'grantId'));
`;

/** The accounts and keys of the sandbox's provider, in schema `identity_sandbox`. */
export async function createIdentityStore(pool: Pool): Promise<IdentityStore> {
  await pool.query(tables);
  return {
    keys: await loadKeys(pool),
    saveAccount: async (email, emailVerified) => {
      const account = { subject: subjectOf(email), email: email.trim(), emailVerified };
      await pool.query(
        `insert into identity_sandbox.accounts (subject, email, email_verified) values ($1, $2, $3)
         on conflict (subject) do update set email = excluded.email, email_verified = excluded.email_verified`,
        [account.subject, account.email, account.emailVerified],
      );
      return account;
    },
    findAccount: async (subject) => {
      const found = await pool.query<Account>(
        `select subject, email, email_verified as "emailVerified" from identity_sandbox.accounts where subject = $1`,
        [subject],
      );
      return found.rows[0] ?? null;
    },
  };
}

/** The same person for the same address, whatever its case: `auth0|` and a hash, as Auth0's database users have. */
export function subjectOf(email: string): string {
  return `auth0|${createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 24)}`;
}

async function loadKeys(pool: Pool): Promise<ProviderKeys> {
  const query = `select signing_key as "signingKey", cookie_key as "cookieKey" from identity_sandbox.keys`;
  const kept = await pool.query<ProviderKeys>(query);
  if (kept.rows[0]) return kept.rows[0];
  // Another process may be first; whoever is, its keys are the ones read back.
  await pool.query(
    'insert into identity_sandbox.keys (signing_key, cookie_key) values ($1, $2) on conflict do nothing',
    [JSON.stringify(await generateSigningKey()), randomBytes(32).toString('base64url')],
  );
  const [keys] = (await pool.query<ProviderKeys>(query)).rows;
  if (!keys) throw new Error('The identity sandbox cannot read back its keys.');
  return keys;
}

/** A new private RSA key for RS256, as a JWK. */
export async function generateSigningKey(): Promise<JWK & { kid: string }> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' };
}
