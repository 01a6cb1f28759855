import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { Config } from '../../../src/main/config.ts';
import { startSandboxStack } from '../../../src/main/sandboxStack.ts';
import { sandboxDatabase } from '../../../src/main/sandbox/databases.ts';
import { openChecker, patiently, type ShopUnderTest } from '../../acceptance/stack.ts';
import { openAdminPool } from '../../setup/adminPool.ts';
import { type PostgresProxy, startPostgresProxy } from '../proxy/proxy.ts';
import { type Crew, gatherCrew, type Member } from './crew.ts';
import type { HookOrders } from './hooks.ts';

export interface HireOptions {
  name: string;
  http?: boolean;
  worker?: boolean;
  leaseMs?: number;
  jobsMax?: number;
  pollMs?: number;
  /** Of each of its pools. */
  connectionsMax?: number;
  hooks?: HookOrders;
}

/** A shop on this machine whose vendors are here, and whose product runs in processes of its own, behind a proxy. */
export interface World extends ShopUnderTest {
  readonly proxy: PostgresProxy;
  readonly config: Config;
  /** As the superuser, and past the proxy. */
  sqlAsAdmin<Row extends object>(text: string, params?: unknown[]): Promise<Row[]>;
  /** In the database in which the vendors keep what has really happened. */
  vendorSql<Row extends object>(text: string, params?: unknown[]): Promise<Row[]>;
  /** The process of the Postgres server; another one after it was killed. */
  postgresPid(): Promise<number>;
  /** A process of the product. */
  hire(options: HireOptions): Promise<Member>;
  /** The one that takes webhooks and shows the shelf. */
  openDoor(options?: Partial<HireOptions>): Promise<Member>;
  forgetStderr(): void;
  remove(): Promise<void>;
}

/** How soon Stripe's stand-in comes again where waiting is not the point. */
const webhookRetriesMs = [100, 200, 400, 800];

/**
 * Starts the vendors, a Postgres of its own and a proxy before it. The product is not running: it is hired, process by
 * process.
 */
export async function startWorld(): Promise<World> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fulfillment-drill-'));
  await chmod(dataDirectory, 0o755);
  let config: Config | undefined;
  let proxy: PostgresProxy | undefined;
  const crew: Crew = gatherCrew();
  const vendors = await startSandboxStack({
    dataDirectory,
    anyPorts: true,
    webhookRetriesMs,
    startProduct: async (written) => {
      const { hostname: host, port } = new URL(written.database.workerUrl);
      proxy = await startPostgresProxy({ upstream: { host, port: Number(port) } });
      config = behind(proxy, written);
      return { stop: () => crew.end() };
    },
  }).catch(async (error: unknown) => {
    await proxy?.stop();
    await rm(dataDirectory, { recursive: true, force: true });
    throw error;
  });
  if (!config || !proxy) throw new Error('The sandbox has started without asking for the product.');
  const [product, before] = [config, proxy];
  const { urls, databaseUrl, webhookSecret, logFile } = vendors;
  const pool = openChecker(databaseUrl);
  const admin = openAdminPool(databaseUrl);
  const vendor = openAdminPool(vendorUrl(databaseUrl));

  async function hire({ name, hooks = {}, ...options }: HireOptions): Promise<Member> {
    const { http = false, worker = true, leaseMs, jobsMax, pollMs = 100 } = options;
    const { connectionsMax = product.database.connectionsMax } = options;
    const told = {
      name,
      pollMs,
      ...(leaseMs !== undefined && { leaseMs }),
      ...(jobsMax !== undefined && { jobsMax }),
    };
    return crew.hire({
      config: {
        ...product,
        worker: { ...product.worker, ...told },
        database: { ...product.database, connectionsMax },
      },
      http,
      worker,
      logFile,
      hooks,
    });
  }

  const world: World = {
    proxy: before,
    config: product,
    places: { urls, databaseUrl, webhookSecret, logFile, storageDirectory: product.storageDirectory },
    get stderr() {
      return crew.stderr;
    },
    forgetStderr: () => crew.forgetStderr(),
    sql: asking(pool),
    sqlAsAdmin: asking(admin),
    vendorSql: asking(vendor),
    async postgresPid() {
      const [row] = await world.sql<{ text: string }>(`select pg_read_file('postmaster.pid') as text`);
      return Number.parseInt(row?.text ?? '', 10);
    },
    hire,
    openDoor: (options = {}) => hire({ name: 'door', http: true, worker: false, ...options }),
    async remove() {
      before.clear();
      await Promise.all([pool.end(), admin.end(), vendor.end()]);
      await vendors.stop();
      await before.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
  return world;
}

const asking =
  (pool: pg.Pool) =>
  <Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> =>
    patiently(async () => (await pool.query<Row>(text, params)).rows);

function vendorUrl(productUrl: string): string {
  const url = new URL(productUrl);
  url.pathname = `/${sandboxDatabase}`;
  return url.href;
}

/** The same configuration, in which every way to the database leads through the proxy. */
function behind(proxy: PostgresProxy, config: Config): Config {
  const { database } = config;
  return {
    ...config,
    database: {
      ...database,
      intakeUrl: proxy.url(database.intakeUrl),
      workerUrl: proxy.url(database.workerUrl),
      directUrl: proxy.url(database.directUrl),
      shelfUrl: proxy.url(database.shelfUrl),
      readerUrl: proxy.url(database.readerUrl),
      operationsUrl: database.operationsUrl && proxy.url(database.operationsUrl),
    },
  };
}
