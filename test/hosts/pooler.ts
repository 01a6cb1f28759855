import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from '../acceptance/until.ts';

/** Where Debian puts it, ordinary users do not look. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** Whether PgBouncer is installed. */
export const hasPooler = (): boolean => spawnSync('pgbouncer', ['--version'], { env }).status === 0;

export interface Pooler {
  /** The way to the database through the pooler. Whoever comes this way speaks to Postgres as the same role. */
  url: string;
  stop(): Promise<void>;
}

/** PgBouncer in transaction mode before one database, with a pool of `size` sessions for everybody. */
export async function startPooler(databaseUrl: string, size: number): Promise<Pooler> {
  const directory = await mkdtemp(join(tmpdir(), 'fulfillment-pooler-'));
  const port = await freePort();
  const file = join(directory, 'pgbouncer.ini');
  await writeFile(file, settings(new URL(databaseUrl), { size, port }));
  // It has to give root up, and reads its settings afterwards.
  await chmod(directory, 0o755);
  const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', ['-q', ...asOther, file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const stop = async () => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  const url = `postgres://app@127.0.0.1:${port}/parcels`;
  try {
    await until('PgBouncer', () => answers(url), { withinMs: 5_000, everyMs: 20 });
  } catch (error) {
    await stop();
    throw new Error(`PgBouncer does not answer. ${complaints}`, { cause: error });
  }
  return { url, stop };
}

function settings(database: URL, { size, port }: { size: number; port: number }): string {
  const { hostname, username, password, pathname } = database;
  const place = `host=${hostname} port=${database.port} dbname=${pathname.slice(1)}`;
  return [
    '[databases]',
    `parcels = ${place} user=${username} password='${decodeURIComponent(password)}'`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    `default_pool_size = ${size}`,
    'max_client_conn = 200',
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // At once: SIGINT would wait for all clients.
  child.kill('SIGTERM');
  await ended;
}
