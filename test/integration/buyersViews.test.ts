import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type RunningPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import {
  insertCreditNote,
  insertOpenJob,
  insertOwnedEbook,
  type OwnedEbookRow,
} from '../builders/ownedEbook.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { migrationsDirectory } from '../setup/database.ts';

interface ShelfRow {
  id: string;
  product_id: string;
  title: string;
  language: string;
  formats: string[];
  status: string;
  purchased_at: Date;
}

type ApiRole = 'anon' | 'authenticated' | 'service_role';

/** What stands in a token of Auth0, as Supabase puts it before every request. */
type Claims = Record<string, unknown>;

// A server of its own: roles belong to the whole server, and only here are there those of Supabase.
let server: RunningPostgres;
let admin: Pool;
let owned: Record<'active' | 'pending' | 'processing' | 'revoked' | 'linked' | 'others', OwnedEbookRow>;

const owner = 'owner@example.com';

beforeAll(async () => {
  server = await startPostgres({
    dataDir: join(tmpdir(), `fulfillment-test-${randomUUID()}`),
    extraSettings: { fsync: 'off' },
  });
  admin = openAdminPool(server.url());
  // A connection that is on its way out may still hear the server's good-bye.
  // Supabase gives its API roles everything that is made in public, so our migrations must take it away.
  await admin.query(`
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
    grant usage on schema public to anon, authenticated, service_role;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role`);
  await migrate({ client: server.url(), directory: migrationsDirectory });
  owned = {
    active: await insertOwnedEbook(admin, { email: owner, title: 'Active', state: 'active' }),
    pending: await insertOwnedEbook(admin, { email: owner, title: 'Pending', state: 'pending_claim' }),
    processing: await insertOwnedEbook(admin, { email: owner, title: 'Processing', state: 'processing' }),
    revoked: await insertOwnedEbook(admin, { email: owner, title: 'Revoked', state: 'revoked' }),
    linked: await insertOwnedEbook(admin, {
      email: 'linked@example.com',
      subject: 'auth0|linked',
      title: 'Linked',
    }),
    others: await insertOwnedEbook(admin, { email: 'others@example.com', title: 'Others' }),
  };
  await insertOpenJob(admin, owned.processing);
});

afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(server.directory, { recursive: true });
});

/** One request, as Supabase's API makes it. */
async function request<Row extends QueryResultRow>(
  role: ApiRole,
  claims: Claims | undefined,
  sql: string,
): Promise<Row[]> {
  const client = await admin.connect();
  try {
    await client.query('begin');
    await client.query(`set local role ${role}`);
    if (claims !== undefined) {
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)]);
    }
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const shelfOf = (claims: Claims | undefined, role: ApiRole = 'authenticated') =>
  request<ShelfRow>(role, claims, 'select * from public.my_ebooks');

const titlesOf = async (claims: Claims | undefined) =>
  (await shelfOf(claims)).map((row) => row.title).toSorted();

const verified = (email: string): Claims => ({ sub: 'auth0|anybody', email, email_verified: true });

const refused = { code: '42501' };

describe('public.my_ebooks', () => {
  it('shows the verified owner all that is not revoked, processing until it is ready', async () => {
    const rows = await shelfOf(verified(owner));
    expect(Object.fromEntries(rows.map((row) => [row.title, row.status]))).toEqual({
      Active: 'active',
      Pending: 'active',
      Processing: 'processing',
    });
    expect(rows.find((row) => row.title === 'Active')).toEqual({
      id: owned.active.entitlementId,
      product_id: owned.active.productId,
      title: 'Active',
      language: 'en',
      formats: ['pdf', 'epub'],
      status: 'active',
      purchased_at: expect.any(Date),
    });
  });

  it('knows the owner’s address in capitals', async () => {
    expect(await titlesOf(verified('Owner@Example.COM'))).toEqual(['Active', 'Pending', 'Processing']);
  });

  it.each([
    ['false', { email_verified: false }],
    ['missing', {}],
    ['null', { email_verified: null }],
    ['the text "true"', { email_verified: 'true' }],
    ['the number 1', { email_verified: 1 }],
    ['said by the buyer alone', { user_metadata: { email_verified: true } }],
  ])('shows nothing while the verification of the address is %s', async (_title, claims) => {
    expect(await shelfOf({ sub: 'auth0|anybody', email: owner, ...claims })).toEqual([]);
  });

  it('shows another buyer what is theirs and no more', async () => {
    expect(await titlesOf(verified('others@example.com'))).toEqual(['Others']);
    expect(await titlesOf(verified('nobody@example.com'))).toEqual([]);
  });

  it('shows the linked subject the claimed profile, whatever the address', async () => {
    expect(await titlesOf({ sub: 'auth0|linked', email: 'new@example.com', email_verified: false })).toEqual([
      'Linked',
    ]);
    expect(await titlesOf({ sub: 'auth0|linked' })).toEqual(['Linked']);
    expect(await titlesOf({ sub: 'auth0|linked', ...verified(owner) })).not.toContain('Linked');
  });

  it('shows a claimed profile to nobody else who has its address, however verified', async () => {
    expect(await shelfOf({ ...verified('linked@example.com'), sub: 'auth0|another' })).toEqual([]);
    expect(await titlesOf({ ...verified('linked@example.com'), sub: 'auth0|linked' })).toEqual(['Linked']);
  });

  it('shows nothing without claims, without a subject, or with an empty one', async () => {
    expect(await shelfOf(undefined)).toEqual([]);
    expect(await shelfOf({})).toEqual([]);
    expect(await shelfOf({ sub: null, email: null, email_verified: true })).toEqual([]);
    expect(await shelfOf({ sub: '', email: '', email_verified: true })).toEqual([]);
  });

  it('is closed to those who are not signed in, and to the service key', async () => {
    await expect(shelfOf(undefined, 'anon')).rejects.toMatchObject(refused);
    await expect(shelfOf(verified(owner), 'anon')).rejects.toMatchObject(refused);
    await expect(shelfOf(verified(owner), 'service_role')).rejects.toMatchObject(refused);
  });

  it('gives no right but to read', async () => {
    const { rows } = await admin.query<{ role: string; privilege: string }>(
      `select role, privilege
         from unnest(array['anon', 'authenticated']) as role,
              unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as privilege
        where has_table_privilege(role, 'public.my_ebooks', privilege)`,
    );
    expect(rows).toEqual([{ role: 'authenticated', privilege: 'select' }]);
  });

  it('takes no look-alike address for the owner’s', async () => {
    // The Kelvin sign is a small k in lower case, by the rules of Unicode.
    const ebook = await insertOwnedEbook(admin, { email: `kiosk-${randomUUID()}@example.com` });
    expect(await titlesOf(verified(ebook.email.replace('k', '\u212A')))).toEqual([]);
    expect(await titlesOf(verified(ebook.email))).toHaveLength(1);
  });
});

describe.each(['my_ebook_files', 'my_papers'])('public.%s', (view) => {
  const of = (claims: Claims | undefined, role: ApiRole = 'authenticated') =>
    request<Record<string, unknown>>(role, claims, `select * from public.${view}`);
  const countOf = async (claims: Claims | undefined) => (await of(claims)).length;
  /** Two formats each; a receipt each, of what was taken back as well. */
  const rowsOf = (shown: number, revoked: number) => (view === 'my_papers' ? shown + revoked : shown * 2);

  it('has what is the verified owner’s, in capitals as well, and no more', async () => {
    expect(await countOf(verified(owner))).toBe(rowsOf(3, 1));
    expect(await countOf(verified(owner.toUpperCase()))).toBe(rowsOf(3, 1));
    expect(await countOf(verified('others@example.com'))).toBe(rowsOf(1, 0));
    expect(await countOf(verified('nobody@example.com'))).toBe(0);
  });

  it('has what is the linked subject’s, and nothing for others with that address', async () => {
    expect(await countOf({ sub: 'auth0|linked' })).toBe(rowsOf(1, 0));
    expect(await countOf({ ...verified('linked@example.com'), sub: 'auth0|another' })).toBe(0);
  });

  it.each([undefined, {}, { sub: '' }, { sub: null, email: null, email_verified: true }])(
    'has nothing for the claims %j',
    async (claims) => {
      expect(await of(claims)).toEqual([]);
    },
  );

  it.each([{ email_verified: false }, {}, { email_verified: 'true' }])(
    'has nothing for an address that is not verified: %j',
    async (claims) => {
      expect(await of({ sub: 'auth0|anybody', email: owner, ...claims })).toEqual([]);
    },
  );

  it.each<ApiRole>(['anon', 'service_role'])('is closed to %s', async (role) => {
    await expect(of(verified(owner), role)).rejects.toMatchObject(refused);
  });

  it('gives no right but to read', async () => {
    const { rows } = await admin.query<{ role: string; privilege: string }>(
      `select role, privilege
         from unnest(array['anon', 'authenticated', 'service_role']) as role,
              unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as privilege
        where has_table_privilege(role, 'public.' || $1, privilege)`,
      [view],
    );
    expect(rows).toEqual([{ role: 'authenticated', privilege: 'select' }]);
  });
});

describe('what those two say', () => {
  it('is how each format of each book stands', async () => {
    const rows = await request<{ ebook_id: string; format: string; status: string; size_bytes: unknown }>(
      'authenticated',
      verified(owner),
      'select ebook_id, format, status, size_bytes, last_download_at from public.my_ebook_files',
    );
    const of = (id: string) => rows.filter(({ ebook_id: ebookId }) => ebookId === id);
    expect(of(owned.active.entitlementId)).toEqual(
      ['pdf', 'epub'].map((format) => ({
        ebook_id: owned.active.entitlementId,
        format,
        status: 'ready',
        size_bytes: expect.anything(),
        last_download_at: null,
      })),
    );
    expect(of(owned.processing.entitlementId)).toMatchObject([
      { status: 'processing', size_bytes: null },
      { status: 'processing', size_bytes: null },
    ]);
    expect(of(owned.revoked.entitlementId)).toEqual([]);
  });

  it('is the numbers of the papers, and nothing else that stands on them', async () => {
    const credit = await insertCreditNote(admin, owned.revoked);
    const rows = await request<Record<string, unknown>>(
      'authenticated',
      verified(owner),
      'select * from public.my_papers',
    );
    expect(rows.at(-1)).toEqual({
      order_id: owned.revoked.orderId,
      kind: 'credit_note',
      number: `C-2026/${String(credit.number).padStart(6, '0')}`,
      issued_at: expect.any(Date),
    });
    expect(rows.filter(({ kind }) => kind === 'receipt')).toHaveLength(4);
  });
});

describe('the tables behind it', () => {
  it('show a signed-in buyer their own rows only', async () => {
    const entitlements = await request<{ id: string }>(
      'authenticated',
      verified('others@example.com'),
      'select id from fulfillment.ebook_entitlements',
    );
    expect(entitlements).toEqual([{ id: owned.others.entitlementId }]);
    const profiles = await request<{ id: string }>(
      'authenticated',
      verified('others@example.com'),
      'select id from fulfillment.profiles',
    );
    expect(profiles).toEqual([{ id: owned.others.profileId }]);
    const products = await request<{ id: string }>(
      'authenticated',
      verified('others@example.com'),
      'select id from fulfillment.catalog_products',
    );
    expect(products).toEqual([{ id: owned.others.productId }]);
  });

  it.each([
    'select name from fulfillment.profiles',
    'select payment_id from fulfillment.ebook_entitlements',
    'select 1 from fulfillment.payments',
    'select 1 from fulfillment.receipts',
    'select 1 from fulfillment.stored_files',
    'select 1 from fulfillment.download_links',
    'select 1 from fulfillment.fulfillment_jobs',
    `update fulfillment.profiles set subject = 'auth0|anybody'`,
    'select fulfillment.files_of(array[gen_random_uuid()])',
    'select fulfillment.fresh_mail_verdict(gen_random_uuid())',
    'select fulfillment.my_profile_ids()',
    `select fulfillment.accept_event('{}', '', '', null)`,
    `select fulfillment.append_job_event(gen_random_uuid(), 'x', 'x', '{}')`,
  ])('are closed otherwise: %s', async (sql) => {
    await expect(request('authenticated', verified(owner), sql)).rejects.toMatchObject(refused);
  });
});
