import type pg from 'pg';

/** What a connection says of itself. */
export interface SessionFacts {
  user: string;
  isSuperuser: boolean;
  bypassesRowSecurity: boolean;
  serverVersion: string;
  /** Whether Postgres itself sees TLS; behind a pooler that is the pooler's connection. */
  encrypted: boolean;
  /** The process that answers is not the one that greeted: somebody stands between. */
  throughPooler: boolean;
  /** Whether the product's tables are in this database. */
  seesSchema: boolean;
  /** Tells databases apart, also on different servers. */
  database: string;
  fsync: string;
  fullPageWrites: string;
  synchronousCommit: string;
  /** The database's clock. */
  now: Date;
}

const statement = `
select current_user::text as "user",
       r.rolsuper as "isSuperuser",
       r.rolbypassrls as "bypassesRowSecurity",
       pg_catalog.current_setting('server_version') as "serverVersion",
       coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()), false) as encrypted,
       pg_catalog.pg_backend_pid() as pid,
       pg_catalog.to_regclass('fulfillment.fulfillment_dispatch') is not null as "seesSchema",
       (select d.oid::text from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
         || '@' || extract(epoch from pg_catalog.pg_postmaster_start_time())::text as database,
       pg_catalog.current_setting('fsync') as fsync,
       pg_catalog.current_setting('full_page_writes') as "fullPageWrites",
       pg_catalog.current_setting('synchronous_commit') as "synchronousCommit",
       pg_catalog.clock_timestamp() as now
  from pg_catalog.pg_roles r
 where r.rolname = current_user`;

export async function readSession(client: pg.Client): Promise<SessionFacts> {
  const { rows } = await client.query<Omit<SessionFacts, 'throughPooler'> & { pid: number }>(statement);
  const [row] = rows;
  if (!row) throw new Error('The database does not know its own user.');
  const { pid, ...facts } = row;
  // Poolers hand out process ids of their own in the greeting; pg keeps it without telling its types.
  const { processID: greeted } = client as unknown as { processID: number | null };
  return { ...facts, throughPooler: greeted !== pid };
}
