import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from '../sandboxError.ts';
import { waitUntilReady, type Address } from './connection.ts';
import type { Home } from './home.ts';
import { findOrphan } from './lockFile.ts';
import { portUnusable } from './port.ts';
import {
  adoptedPostmaster,
  launchPostmaster,
  stopPostmaster,
  type Launch,
  type Postmaster,
} from './postmaster.ts';

/** How long backends of a server that was killed may take to notice and end. */
const OLD_BACKENDS_MS = 15_000;
const OLD_BACKENDS = /pre-existing shared memory block/;

/** Starts a server and waits until it accepts connections, after whatever recovery it needs. */
export async function startServer(launch: Launch, password: string): Promise<Postmaster> {
  const deadline = performance.now() + OLD_BACKENDS_MS;
  for (;;) {
    const postmaster = await launchPostmaster(launch);
    if (await becomesReady(postmaster, { port: launch.port, password })) return postmaster;
    const output = postmaster.output();
    if (!OLD_BACKENDS.test(output) || performance.now() > deadline) throw explain(launch, output);
    await delay(100);
  }
}

async function becomesReady(postmaster: Postmaster, address: Address): Promise<boolean> {
  try {
    return (await waitUntilReady(postmaster, address)) === 'ready';
  } catch (error) {
    await stopPostmaster(postmaster);
    throw error;
  }
}

function explain({ home, port }: Launch, output: string): SandboxError {
  if (/could not bind .*Address already in use/.test(output)) return portUnusable(port, 'EADDRINUSE');
  if (OLD_BACKENDS.test(output)) {
    return new SandboxError(
      `Processes of a server that was killed still work on ${home.cluster}.`,
      'They end with the statement they are at: start again in a moment, or end them (ps shows them as `postgres:`).',
    );
  }
  const complaints = output
    .split('\n')
    .filter((line) => /FATAL|PANIC|ERROR|HINT/.test(line) && !/is starting up/.test(line));
  return new SandboxError(
    `Postgres did not start: ${complaints.slice(-4).join(' ') || output.slice(-500).trim() || 'it said nothing'}`,
    `Its log is ${home.directory}/postgres.log. Removing ${home.directory} starts afresh.`,
  );
}

export interface Adopted {
  postmaster: Postmaster;
  port: number;
}

/** The server left running by a process that was killed, if it is there and listens on `wantedPort` (where one is wanted). */
export async function adoptServer(
  home: Home,
  wantedPort: number | undefined,
  password: string,
): Promise<Adopted | undefined> {
  const orphan = await findOrphan(home.cluster);
  if (!orphan) return undefined;
  const postmaster = adoptedPostmaster(orphan.pid);
  const { port } = orphan;
  if (port === undefined || (wantedPort !== undefined && wantedPort !== port)) {
    await stopPostmaster(postmaster);
    return undefined;
  }
  return (await waitUntilReady(postmaster, { port, password })) === 'ready'
    ? { postmaster, port }
    : undefined;
}
