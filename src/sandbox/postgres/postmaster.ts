import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from './home.ts';
import { isAlive } from './processes.ts';
import { spawnOptionsFor } from './runAs.ts';

/** Beyond this size the log is begun anew at the next start. */
const LOG_LIMIT_BYTES = 5_000_000;
const FAST_SHUTDOWN_MS = 60_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

export interface Launch {
  home: Home;
  /** Path of the program. */
  postgres: string;
  port: number;
  extraSettings: Record<string, string>;
}

export interface Postmaster {
  pid: number;
  isAlive(): boolean;
  /** What the server has written since it was started. */
  output(): string;
}

/** Starts the server, its output going to postgres.log. It does not wait until connections are accepted. */
export function launchPostmaster(launch: Launch): Promise<Postmaster> {
  const logFile = join(launch.home.directory, 'postgres.log');
  const sizeBytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const begin = sizeBytes > LOG_LIMIT_BYTES ? 0 : sizeBytes;
  const log = openSync(logFile, begin === 0 ? 'w' : 'a', 0o600);
  // In its own process group: Ctrl-C in a terminal reaches us, and we stop the server after everything that uses it.
  const child = spawn(launch.postgres, ['-D', launch.home.cluster, ...settingsOf(launch)], {
    ...spawnOptionsFor(launch.home.account),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () =>
      resolve({
        pid: child.pid ?? 0,
        isAlive: () => child.exitCode === null && child.signalCode === null,
        output: () => readFileSync(logFile).subarray(begin).toString('utf8'),
      }),
    );
  });
}

/** A server that was running already. */
export function adoptedPostmaster(pid: number): Postmaster {
  return { pid, isAlive: () => isAlive(pid), output: () => '' };
}

function settingsOf({ port, extraSettings }: Launch): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: '128MB',
    max_connections: '100',
    max_wal_size: '512MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    jit: 'off',
    cluster_name: 'fulfillment-orchestrator',
    ...extraSettings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Stops a server the fast way: sessions are ended, everything is written. One that does not end within a minute is told
 * to drop everything, and recovers at its next start.
 */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  signal(postmaster, 'SIGINT');
  if (await ended(postmaster, FAST_SHUTDOWN_MS)) return;
  signal(postmaster, 'SIGQUIT');
  if (await ended(postmaster, IMMEDIATE_SHUTDOWN_MS)) return;
  throw new Error(`Postgres (process ${postmaster.pid}) does not stop.`);
}

function signal(postmaster: Postmaster, name: NodeJS.Signals): void {
  if (!postmaster.isAlive()) return;
  try {
    process.kill(postmaster.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function ended(postmaster: Postmaster, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (postmaster.isAlive()) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
