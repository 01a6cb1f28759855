import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeIdentifier, type QueryResultRow } from 'pg';
import { startPostgres } from '../../src/sandbox/postgres/startPostgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { migrationsDirectory } from '../setup/database.ts';
import type { Network } from './network.ts';

/** A Postgres that a whole network reaches, which the one of the test run does not let itself be. */
export async function startSharedPostgres({ address, cidr }: Network) {
  // Named as those of test runs are, so that what a killed one leaves is removed with theirs.
  const dataDir = join(tmpdir(), `fulfillment-test-${randomUUID()}`);
  await mkdir(dataDir);
  const doors = join(dataDir, 'hba.conf');
  await writeFile(
    doors,
    ['127.0.0.1/32', cidr].map((from) => `host all all ${from} scram-sha-256\n`).join(''),
  );
  const postgres = await startPostgres({
    dataDir,
    extraSettings: {
      fsync: 'off',
      full_page_writes: 'off',
      listen_addresses: `127.0.0.1,${address}`,
      hba_file: doors,
      log_line_prefix: '%h|%n|',
    },
  });
  const admin = openAdminPool(postgres.url());
  const rows = async <Row extends QueryResultRow>(text: string, values: unknown[] = []) =>
    (await admin.query<Row>(text, values)).rows;
  await migrate({ client: postgres.url(), directory: migrationsDirectory });
  await rows(`alter role fulfillment_worker login password '${postgres.password}'`);
  const ofWorkers = new URL(postgres.url('postgres', 'fulfillment_worker'));

  return {
    rows,
    /** For workers on this machine, or in the network. */
    urlFrom(where: 'here' | 'network'): string {
      const url = new URL(ofWorkers);
      if (where === 'network') url.hostname = address;
      return url.href;
    },
    /** Keeps everybody from writing to a table while something is done. */
    async whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
      const client = await admin.connect();
      try {
        await client.query('begin');
        await client.query(`lock table ${escapeIdentifier(table)} in exclusive mode`);
        return await work();
      } finally {
        await client.query('rollback').finally(() => client.release());
      }
    },

    /** From now on every statement and its values are written down. */
    async noteStatements(): Promise<void> {
      await rows('alter system set log_min_duration_statement = 0');
      await rows('select pg_reload_conf()');
    },
    /** What was noted of sessions from an address since a moment: statements, each with its values, and their ends. */
    async notesOf(host: string, sinceMs: number): Promise<string[]> {
      const log = await readFile(join(postgres.directory, 'postgres.log'), 'utf8');
      // A statement and its values are two lines, each with the prefix.
      const notes = log.split(/^(?=[^|\n]*\|\d+\.\d+\|(?:LOG|FATAL))/m);
      return notes.filter((note) => {
        const [from, at] = note.split('|', 2);
        return from === host && Number(at) * 1000 > sinceMs;
      });
    },
    async stop(): Promise<void> {
      await admin.end();
      await postgres.stop();
      await rm(postgres.directory, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type SharedPostgres = Awaited<ReturnType<typeof startSharedPostgres>>;
