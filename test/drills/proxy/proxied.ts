import type { Socket } from 'node:net';
import { Client, type ClientConfig, type Pool } from 'pg';
import { until } from '../../acceptance/until.ts';
import { openAdminPool } from '../../setup/adminPool.ts';
import { createEmptyDatabase } from '../../setup/database.ts';
import { type PostgresProxy, startPostgresProxy } from './proxy.ts';

/** A database with two small tables, a proxy before it, and a direct way to look at what is there. */
export interface Proxied {
  proxy: PostgresProxy;
  direct: Pool;
  /** The direct connection string. */
  url: string;
  connect(applicationName?: string, config?: ClientConfig): Promise<Client>;
  /** The notes in the database, seen from outside. */
  notes(): Promise<string[]>;
  /** Clears faults, drops clients and empties the tables, for the next test. */
  reset(): Promise<void>;
  remove(): Promise<void>;
}

export async function openProxied(): Promise<Proxied> {
  const database = await createEmptyDatabase();
  const direct = openAdminPool(database.url);
  await direct.query('create table notes (text text); create table others (text text)');
  const { hostname, port } = new URL(database.url);
  const proxy = await startPostgresProxy({ upstream: { host: hostname, port: Number(port) } });
  const clients: Client[] = [];
  const sessions = async () => {
    const { rowCount } = await direct.query(
      `select from pg_stat_activity where datname = current_database() and application_name <> ''`,
    );
    return rowCount;
  };
  return {
    proxy,
    direct,
    url: database.url,
    async connect(applicationName = 'drill', config = {}) {
      const client = new Client({
        connectionString: proxy.url(database.url),
        application_name: applicationName,
        ...config,
      });
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    async notes() {
      const { rows } = await direct.query<{ text: string }>('select text from notes order by text');
      return rows.map(({ text }) => text);
    },
    async reset() {
      proxy.clear();
      for (const client of clients.splice(0)) socketOf(client).destroy();
      // What is still on its way to the server may happen until its session is gone.
      await until('the end of all sessions', async () => (await sessions()) === 0, {
        withinMs: 5_000,
        everyMs: 5,
      });
      await direct.query(`set lock_timeout = '5s'; truncate notes, others`);
    },
    async remove() {
      await proxy.stop();
      await direct.end();
      await database.drop();
    },
  };
}

/** The socket under a client, to see its bytes or to leave without a word. */
export function socketOf(client: Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** BEGIN and one row, without COMMIT. */
export async function beginNote(client: Client, text: string): Promise<void> {
  await client.query('begin');
  await client.query('insert into notes (text) values ($1)', [text]);
}

/** The error of a promise that must fail, and how long that took. */
export async function failure(
  promise: Promise<unknown>,
): Promise<{ message: string; code?: string; ms: number }> {
  const beganMs = performance.now();
  try {
    await promise;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { message, ...(code !== undefined && { code }), ms: performance.now() - beganMs };
  }
  throw new Error('It did not fail.');
}
