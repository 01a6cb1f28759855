import { findBinaries } from './binaries.ts';
import { ensureCluster, SUPERUSER } from './cluster.ts';
import { connectionUrl } from './connection.ts';
import { settleHome, type Home } from './home.ts';
import { keepAlive } from './keepAlive.ts';
import { choosePort } from './port.ts';
import { adoptServer, startServer } from './server.ts';
import { takeSupervisorLock, type SupervisorLock } from './supervisorLock.ts';

export interface PostgresOptions {
  /** Holds the cluster, its password, its log and its port. Made if absent. */
  dataDir: string;
  /** Without it a free port is chosen, and taken again next time if it is still free. */
  port?: number;
  log?: (message: string) => void;
  /** Settings of postgresql.conf on top of ours, such as `{ fsync: 'off' }` for tests. */
  extraSettings?: Record<string, string>;
}

export interface RunningPostgres {
  /**
   * A connection string; database and user are `postgres` if nothing else is said. For other users it carries the
   * superuser's password too: whoever makes a login role gives it that one.
   */
  url(database?: string, user?: string): string;
  /** Where data and log are: `dataDir`, or the place its README names. */
  readonly directory: string;
  readonly port: number;
  readonly password: string;
  /** The server's process. Another one after the server was killed and started again. */
  readonly pid: number;
  /** Whether the server was running already, left over by a process that was killed. */
  readonly adopted: boolean;
  /** Ends all sessions, writes everything and waits for the server's end. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a real Postgres on `dataDir`, or adopts the one a killed process left running there, and starts it again should
 * it die. Throws a `SandboxError`, with a remedy, when it cannot.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const home = await settleHome(options.dataDir, options.log ?? ignore);
  const lock = await takeSupervisorLock(home.directory);
  try {
    return await runIn(home, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function runIn(home: Home, options: PostgresOptions, lock: SupervisorLock): Promise<RunningPostgres> {
  const { log = ignore, extraSettings = {} } = options;
  const binaries = await findBinaries(home.account);
  const password = await ensureCluster(home, binaries);
  const adopted = await adoptServer(home, options.port, password);
  const port = adopted?.port ?? (await choosePort(home.directory, options.port));
  const start = () => startServer({ home, postgres: binaries.postgres, port, extraSettings }, password);
  const server = keepAlive({ first: adopted?.postmaster ?? (await start()), restart: start, log });
  let stopped: Promise<void> | undefined;
  return {
    url: (database = SUPERUSER, user = SUPERUSER) => connectionUrl({ port, password }, database, user),
    directory: home.directory,
    port,
    password,
    adopted: adopted !== undefined,
    get pid() {
      return server.current().pid;
    },
    // Only once: later the lock may be somebody else's.
    stop: () => (stopped ??= server.stop().then(() => lock.release())),
  };
}

function ignore(): void {
  // Nobody wants to hear it.
}
