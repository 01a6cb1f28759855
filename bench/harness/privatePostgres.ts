import type pg from 'pg';
import { startPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { createPool } from '../engines/pool.ts';

export interface PrivatePostgres {
  /** On the database `postgres`, as the superuser. */
  admin: pg.Pool;
  url(database: string): string;
  readonly pid: number;
  version: string;
  stop(): Promise<void>;
}

/** Durability is Postgres's own default; memory and connections are what a small server of its own would be given. */
export const postgresSettings = {
  shared_buffers: '1GB',
  max_connections: '200',
  max_wal_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  // Questions about statements switch it on for their database.
  'pg_stat_statements.track': 'none',
  cluster_name: 'bench',
};

export async function startPrivatePostgres(dataDir: string): Promise<PrivatePostgres> {
  const options = { dataDir, extraSettings: postgresSettings };
  let server = await startPostgres(options);
  if (server.adopted) {
    // Left over by a run that was killed, so nobody knows its settings.
    await server.stop();
    server = await startPostgres(options);
  }
  const admin = createPool(server.url('postgres'), 4);
  await admin.query('create extension if not exists pg_stat_statements');
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  return {
    admin,
    url: (database) => server.url(database),
    get pid() {
      return server.pid;
    },
    version: rows[0]?.server_version ?? 'unknown',
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}
