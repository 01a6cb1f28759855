import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type RunningPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { migrationsDirectory } from '../setup/database.ts';

// A server of its own: roles belong to the whole server, and the worst case is one with Supabase's roles and defaults.
let server: RunningPostgres;
let admin: Pool;

beforeAll(async () => {
  server = await startPostgres({
    dataDir: join(tmpdir(), `fulfillment-test-${randomUUID()}`),
    extraSettings: { fsync: 'off' },
  });
  admin = openAdminPool(server.url());
  await admin.query(`
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
    grant usage on schema public to anon, authenticated, service_role;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    alter default privileges in schema public grant all on sequences to anon, authenticated, service_role`);
  await migrate({ client: server.url(), directory: migrationsDirectory });
  // Partitions that come later are made by the same function; the rules hold for them too.
  await admin.query('select fulfillment.ensure_event_partitions(6)');
});

afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(server.directory, { recursive: true });
});

const rows = async <Row extends QueryResultRow>(text: string): Promise<Row[]> =>
  (await admin.query<Row>(text)).rows;
const names = async (text: string): Promise<string[]> =>
  (await rows<{ name: string }>(text)).map(({ name }) => name);

const ourTables = `c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p')`;

describe('row security', () => {
  it('is enabled and forced on every table, partitions included', async () => {
    const tables = await names(`select c.relname as name from pg_class c where ${ourTables}`);
    expect(tables.filter((name) => name.startsWith('fulfillment_job_events_')).length).toBeGreaterThanOrEqual(
      8,
    );
    expect(
      await names(
        `select c.relname as name from pg_class c where ${ourTables} and not (c.relrowsecurity and c.relforcerowsecurity)`,
      ),
    ).toEqual([]);
  });

  it('lets the migrator’s members through everywhere, for the owner is bound by it too', async () => {
    expect(
      await names(
        `select c.relname as name from pg_class c where ${ourTables} and not c.relispartition
            and not exists (select from pg_policy p where p.polrelid = c.oid and 'fulfillment_migrator'::regrole = any(p.polroles))`,
      ),
    ).toEqual([]);
  });

  it('has no policy for everybody, and only the buyers’ three for an API role', async () => {
    const policies = await rows<{ table: string; policy: string; role: string; command: string }>(
      `select c.relname as table, p.polname as policy, coalesce(r.rolname, 'public') as role, p.polcmd as command
         from pg_policy p join pg_class c on c.oid = p.polrelid cross join unnest(p.polroles) o(oid)
         left join pg_roles r on r.oid = o.oid where c.relnamespace = 'fulfillment'::regnamespace`,
    );
    const outside = policies.filter(({ role }) => !role.startsWith('fulfillment_'));
    expect(outside.map(({ table, role, command }) => `${role} ${command} ${table}`).toSorted()).toEqual([
      'authenticated r catalog_products',
      'authenticated r ebook_entitlements',
      'authenticated r profiles',
    ]);
  });
});

describe('grants', () => {
  it('give PUBLIC and the API roles no table, and the signed-in buyer only the columns that the view needs', async () => {
    expect(
      await rows(
        `select table_name, grantee, privilege_type from information_schema.role_table_grants
          where table_schema = 'fulfillment' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')`,
      ),
    ).toEqual([]);
    expect(
      await names(
        `select grantee || ' ' || privilege_type || ' ' || table_name || '.' || column_name as name
           from information_schema.column_privileges
          where table_schema = 'fulfillment' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC') order by 1`,
      ),
    ).toEqual(
      [
        ...['id', 'language', 'title'].map((column) => `catalog_products.${column}`),
        ...['created_at', 'formats', 'id', 'product_id', 'profile_id', 'state'].map(
          (column) => `ebook_entitlements.${column}`,
        ),
        ...['canonical_email', 'id', 'state', 'subject'].map((column) => `profiles.${column}`),
      ].map((column) => `authenticated SELECT ${column}`),
    );
  });

  it('let nobody from outside into the schema but the signed-in buyer', async () => {
    expect(
      await names(
        `select rolname as name from pg_roles where has_schema_privilege(oid, 'fulfillment', 'usage')
            and not rolsuper and rolname not like 'fulfillment\\_%' and rolname not like 'pg\\_%'`,
      ),
    ).toEqual(['authenticated']);
    expect(
      await names(
        `select rolname as name from pg_roles where has_schema_privilege(oid, 'fulfillment', 'create') and not rolsuper`,
      ),
    ).toEqual([]);
  });

  it('on the views of public are SELECT, to the signed-in buyer alone', async () => {
    const granted = await names(
      `select grantee || ' ' || privilege_type || ' ' || table_name as name from information_schema.role_table_grants
        where table_schema = 'public' and grantee in ('anon', 'authenticated', 'PUBLIC') order by 1`,
    );
    expect(granted).toEqual(
      ['my_ebook_files', 'my_ebooks', 'my_papers'].map((view) => `authenticated SELECT ${view}`),
    );
  });

  const privilegesOf = (role: string) =>
    names(
      `select distinct g.privilege_type || ' ' || g.table_name as name from (
         select grantee, privilege_type, table_name from information_schema.role_table_grants where table_schema = 'fulfillment'
         union all
         select grantee, privilege_type, table_name from information_schema.column_privileges where table_schema = 'fulfillment') g
        where g.grantee = '${role}' order by 1`,
    );

  it('give the intake no table at all', async () => {
    expect(await privilegesOf('fulfillment_intake')).toEqual([]);
  });

  it('let the reader read, and nothing that is a buyer’s own', async () => {
    const granted = await privilegesOf('fulfillment_reader');
    expect(granted.filter((privilege) => !privilege.startsWith('SELECT '))).toEqual([]);
    expect(
      granted.filter((privilege) => / (profiles|download_links|receipt_series)$/.test(privilege)),
    ).toEqual([]);
    const hidden = [
      ['stripe_events', 'body'],
      ['fulfillment_jobs', 'order_snapshot'],
      ['email_messages', 'bytes'],
      ['email_messages', 'to_address'],
      ['receipts', 'document'],
      ['fulfillment_job_steps', 'output'],
      ['buyer_corrections', 'email'],
    ];
    for (const [table, column] of hidden) {
      const allowed = await rows(
        `select has_column_privilege('fulfillment_reader', 'fulfillment.${table}', '${column}', 'select') as yes`,
      );
      expect(allowed, `${table}.${column}`).toEqual([{ yes: false }]);
    }
  });

  it('let the shelf write links and downloads, and read the rest', async () => {
    const writes = (await privilegesOf('fulfillment_shelf')).filter(
      (privilege) => !privilege.startsWith('SELECT '),
    );
    expect(writes).toEqual(['INSERT download_links', 'INSERT downloads']);
  });

  it('let the worker delete only what is hot, and change nothing that is history', async () => {
    const granted = await privilegesOf('fulfillment_worker');
    const of = (verb: string) =>
      granted.flatMap((privilege) =>
        privilege.startsWith(`${verb} `) ? [privilege.slice(verb.length + 1)] : [],
      );
    expect(of('DELETE')).toEqual([
      // A row goes with its file.
      'erasure_objects',
      'fulfillment_dispatch',
      'mail_domain_standings',
      'provider_slots',
      'workers',
    ]);
    expect([...of('TRUNCATE'), ...of('REFERENCES'), ...of('TRIGGER'), ...of('MAINTAIN')]).toEqual([]);
    const changed = of('UPDATE');
    for (const history of [
      'fulfillment_job_events',
      'receipts',
      'ebook_entitlement_changes',
      'stripe_events',
      'downloads',
    ]) {
      expect(changed).not.toContain(history);
    }
    // Of a link only its end may move.
    expect(
      await names(
        `select column_name as name from information_schema.column_privileges
          where table_schema = 'fulfillment' and table_name = 'download_links'
            and grantee = 'fulfillment_worker' and privilege_type = 'UPDATE'`,
      ),
    ).toEqual(['expires_at']);
    expect(of('INSERT')).not.toContain('payments');
    expect(of('INSERT')).not.toContain('stripe_events');
  });

  it('let operations add to what is history, and change none of it', async () => {
    const granted = await privilegesOf('fulfillment_operations');
    const of = (verb: string) =>
      granted.flatMap((privilege) =>
        privilege.startsWith(`${verb} `) ? [privilege.slice(verb.length + 1)] : [],
      );
    expect(of('DELETE')).toEqual(['fulfillment_dispatch', 'ops_sessions']);
    expect([...of('TRUNCATE'), ...of('REFERENCES'), ...of('TRIGGER'), ...of('MAINTAIN')]).toEqual([]);
    for (const history of [
      'ops_audit',
      'ops_audit_checkpoints',
      'ops_audit_head',
      'fulfillment_job_events',
      'receipts',
      'receipt_series',
      'stripe_events',
      'downloads',
      'email_messages',
      'email_attempts',
    ]) {
      expect(of('UPDATE')).not.toContain(history);
    }
    expect(of('INSERT')).toContain('ops_audit');
    expect(of('INSERT')).not.toContain('ops_audit_head');
    expect(
      await rows(
        `select has_column_privilege('fulfillment_operations', 'fulfillment.email_messages', 'bytes', 'select') as yes`,
      ),
    ).toEqual([{ yes: false }]);
  });

  it('let nobody else see staff, their sessions, requests and audit', async () => {
    expect(
      await names(
        `select distinct grantee || ' ' || table_name as name from information_schema.role_table_grants
          where table_schema = 'fulfillment' and table_name like 'ops\\_%' and grantee like 'fulfillment\\_%'
            and grantee <> 'fulfillment_operations'
            -- What the house does once a day, and nobody of the staff.
            and table_name <> 'ops_duties'`,
      ),
    ).toEqual([]);
  });
});

describe('functions', () => {
  const ourFunctions = `p.pronamespace = 'fulfillment'::regnamespace`;

  it('pin their search path, definer or not', async () => {
    expect(
      await names(`select p.proname as name from pg_proc p where ${ourFunctions} and p.prosecdef order by 1`),
    ).toEqual([
      'accept_event',
      'accept_fetched',
      'accept_found',
      'accept_mail_report',
      'accept_purchase',
      'ask_claim_code',
      'ask_fresh_mail',
      'begin_download',
      'checkout_progress',
      'claim_by_code',
      'claim_profile',
      'confirm_alerts',
      'drop_mails',
      'end_download',
      'ensure_event_partitions',
      'erase_person',
      'export_person',
      'files_of',
      'follow_audit_head',
      'fresh_mail_verdict',
      'known_events',
      'lock_audit_head',
      'my_ebook_files',
      'my_papers',
      'note_breaches',
      'note_entitlement_change',
      'note_failure',
      'plan_id',
      'prune_audit',
      'prune_bulk_run',
      'prune_downloads',
      'prune_email_evidence',
      'prune_event_bytes',
      'prune_mail_bytes',
      'prune_mail_bytes',
      'prune_mail_requests',
      'prune_provider_drills',
      'prune_requests',
      'prune_sessions',
      'prune_storage_scrubs',
      'prune_timeline',
      'queue_alert',
      'raise_series',
      'reprocess_event',
      'set_alert_channels',
      'set_outgoing',
      'stop_claim_reminders',
      'streamed_copy',
      'tell_shop_of_orders',
      'tell_shop_of_revoked',
      'track',
      'track_claims',
      'track_downloads',
      'try_claim_code',
      'want_daily_test',
      'webhook_silence',
    ]);
    expect(
      await names(
        `select p.oid::regprocedure::text as name from pg_proc p where ${ourFunctions}
            and not exists (select from unnest(p.proconfig) c where c = 'search_path=""')`,
      ),
    ).toEqual([]);
  });

  it('are executable by nobody who was not named, and definer ones by one role each', async () => {
    expect(
      await names(
        `select p.oid::regprocedure::text as name from pg_proc p where ${ourFunctions} and has_function_privilege('public', p.oid, 'execute')`,
      ),
    ).toEqual([]);
    const executable = await names(
      `select r.rolname || ' ' || p.proname as name from pg_proc p cross join pg_roles r
        where ${ourFunctions} and p.prosecdef and not r.rolsuper and r.oid <> p.proowner
          and has_function_privilege(r.oid, p.oid, 'execute') order by 1`,
    );
    expect(executable).toEqual([
      'authenticated my_ebook_files',
      'authenticated my_papers',
      'fulfillment_intake accept_event',
      'fulfillment_intake accept_mail_report',
      'fulfillment_intake accept_purchase',
      'fulfillment_intake confirm_alerts',
      'fulfillment_operations drop_mails',
      'fulfillment_operations erase_person',
      'fulfillment_operations export_person',
      'fulfillment_operations lock_audit_head',
      'fulfillment_operations plan_id',
      'fulfillment_operations prune_audit',
      'fulfillment_operations prune_bulk_run',
      'fulfillment_operations prune_downloads',
      'fulfillment_operations prune_event_bytes',
      'fulfillment_operations prune_mail_requests',
      'fulfillment_operations prune_provider_drills',
      'fulfillment_operations prune_requests',
      'fulfillment_operations prune_sessions',
      'fulfillment_operations prune_storage_scrubs',
      'fulfillment_operations prune_timeline',
      'fulfillment_operations raise_series',
      'fulfillment_operations reprocess_event',
      'fulfillment_shelf ask_claim_code',
      'fulfillment_shelf ask_fresh_mail',
      'fulfillment_shelf begin_download',
      'fulfillment_shelf checkout_progress',
      'fulfillment_shelf claim_by_code',
      'fulfillment_shelf claim_profile',
      'fulfillment_shelf end_download',
      'fulfillment_shelf files_of',
      'fulfillment_shelf fresh_mail_verdict',
      'fulfillment_shelf stop_claim_reminders',
      'fulfillment_shelf streamed_copy',
      'fulfillment_shelf try_claim_code',
      'fulfillment_worker accept_fetched',
      'fulfillment_worker accept_found',
      'fulfillment_worker ensure_event_partitions',
      'fulfillment_worker known_events',
      'fulfillment_worker note_breaches',
      'fulfillment_worker plan_id',
      'fulfillment_worker prune_email_evidence',
      'fulfillment_worker prune_mail_bytes',
      'fulfillment_worker prune_mail_bytes',
      'fulfillment_worker set_alert_channels',
      'fulfillment_worker set_outgoing',
      'fulfillment_worker track',
      'fulfillment_worker want_daily_test',
      'fulfillment_worker webhook_silence',
    ]);
  });
});

describe('views', () => {
  it('run with the rights of whoever asks', async () => {
    const views = await rows<{ name: string; invoker: boolean }>(
      `select c.relname as name, coalesce(c.reloptions @> array['security_invoker=true'], false) as invoker
         from pg_class c where c.relkind in ('v', 'm')
          and c.relnamespace in ('fulfillment'::regnamespace, 'public'::regnamespace)`,
    );
    expect(views.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      ['my_ebook_files', 'my_ebooks', 'my_papers'].map((name) => ({ name, invoker: true })),
    );
  });
});

describe('figures for dashboards', () => {
  it('can be read by three roles alone, and those for dashboards see no row of anybody', async () => {
    expect(
      await names(
        `select rolname as name from pg_roles where has_schema_privilege(oid, 'reporting', 'usage')
            and not rolsuper and rolname not like 'pg\\_%' order by 1`,
      ),
    ).toEqual(['fulfillment_operations', 'fulfillment_reader', 'fulfillment_reporting']);
    expect(
      await names(
        `select distinct grantee || ' ' || privilege_type as name from information_schema.role_table_grants
          where table_schema = 'reporting' and grantee <> current_user order by 1`,
      ),
    ).toEqual(['operations', 'reader', 'reporting'].map((duty) => `fulfillment_${duty} SELECT`));
    expect(
      await names(
        `select c.relname as name from pg_class c where c.relnamespace = 'reporting'::regnamespace and c.relkind <> 'v'`,
      ),
    ).toEqual([]);
    expect(
      await names(
        `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname in ('fulfillment', 'public') and has_table_privilege('fulfillment_reporting', c.oid, 'select')`,
      ),
    ).toEqual([]);
  });
});

describe('roles', () => {
  it('of the product can do nothing special, and inherit nothing', async () => {
    const roles = await rows<{ rolname: string; strong: boolean; rolcanlogin: boolean; rolinherit: boolean }>(
      `select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as strong, rolcanlogin, rolinherit
         from pg_roles where rolname like 'fulfillment\\_%' order by 1`,
    );
    expect(roles.map(({ rolname, strong }) => [rolname, strong])).toEqual(
      ['intake', 'migrator', 'operations', 'reader', 'reporting', 'shelf', 'worker'].map((duty) => [
        `fulfillment_${duty}`,
        false,
      ]),
    );
    expect(roles.filter(({ rolcanlogin, rolinherit }) => rolcanlogin && rolinherit)).toEqual([]);
    expect(roles.find(({ rolname }) => rolname === 'fulfillment_migrator')?.rolcanlogin).toBe(false);
  });

  it('are members of nothing, and only whoever migrates is a member of the migrator', async () => {
    expect(
      await names(
        `select m.rolname || ' in ' || r.rolname as name from pg_auth_members a
           join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
          where m.rolname like 'fulfillment\\_%' or (r.rolname like 'fulfillment\\_%' and not m.rolsuper)`,
      ),
    ).toEqual([]);
  });

  it('do not weaken durability for themselves', async () => {
    expect(
      await rows(
        `select setting from pg_db_role_setting s cross join unnest(s.setconfig) setting
          where setting ~ '^(synchronous_commit|fsync|full_page_writes|row_security)='`,
      ),
    ).toEqual([]);
  });
});
