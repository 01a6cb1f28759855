import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { SandboxError } from '../sandboxError.ts';
import { SUPERUSER } from './cluster.ts';
import type { Postmaster } from './postmaster.ts';

/** How long a server may take to replay its log after a crash. */
const RECOVERY_MS = 180_000;
const SURELY_OURS_MS = 2_000;

export interface Address {
  port: number;
  password: string;
}

/** A connection string. Every role that logs in is taken to have the superuser's password. */
export function connectionUrl({ port, password }: Address, database: string, user: string): string {
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

export type Readiness = 'ready' | 'ended';

/** Waits until the server accepts connections or has ended. */
export async function waitUntilReady(postmaster: Postmaster, address: Address): Promise<Readiness> {
  const begin = performance.now();
  for (;;) {
    const refusal = await tryConnecting(address);
    if (!postmaster.isAlive()) return 'ended';
    if (refusal === undefined) return 'ready';
    const waitedMs = performance.now() - begin;
    // Not at once: it may be another server on this port, and ours about to end because of that.
    if (isWrongPassword(refusal) && waitedMs > SURELY_OURS_MS) throw wrongPassword(refusal);
    if (waitedMs > RECOVERY_MS) throw notReady(refusal);
    await delay(10);
  }
}

function isWrongPassword(error: Error): boolean {
  return error instanceof DatabaseError && error.code === '28P01';
}

async function tryConnecting(address: Address): Promise<Error | undefined> {
  const client = new Client({
    connectionString: connectionUrl(address, 'postgres', SUPERUSER),
    connectionTimeoutMillis: 5_000,
  });
  // After the first answer an error of the connection changes nothing any more.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function wrongPassword(cause: Error): SandboxError {
  return new SandboxError(
    'The database does not accept the password kept beside its data.',
    'Restore the file `password` of the data directory, or remove that directory to start afresh.',
    { cause },
  );
}

function notReady(cause: Error): SandboxError {
  return new SandboxError(
    `Postgres runs but has accepted no connection for ${RECOVERY_MS / 1000} s: ${cause.message}`,
    'See postgres.log in the data directory.',
    { cause },
  );
}
