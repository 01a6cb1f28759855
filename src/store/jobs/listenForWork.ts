import { Socket } from 'node:net';
import pg from 'pg';
import { errorName } from '../../domain/errorTrace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { proofPrefix, workChannel } from './workChannel.ts';

export interface ListenOptions {
  /** A direct connection, or a pooler in session mode: between transactions a transaction pooler hears nothing. */
  connectionString: string;
  /** The worker's own pool, through which the listener speaks to itself. */
  pool: Pick<pg.Pool, 'query'>;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  /** There is work, or there was some while nobody listened. */
  onWork(): void;
  /** How often the listener proves that it hears, which also keeps the connection alive. */
  proofEveryMs?: number;
  /** How long it waits to hear itself. */
  hearsWithinMs?: number;
}

export interface Listener {
  stop(): Promise<void>;
}

const pauseMs = { first: 100, most: 30_000 };
const closesWithinMs = 1_000;

/**
 * Listens for work that was accepted elsewhere, for as long as it takes: a connection that broke is made anew, one that
 * hears nothing is tried again later. It only makes things faster, so nothing it meets is an error.
 */
export function listenForWork(options: ListenOptions): Listener {
  const { clock, random, telemetry, proofEveryMs = 60_000, hearsWithinMs = 5_000 } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  let deafSinceMs: number | undefined;

  async function listenOn(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let idleMs = 0;
      try {
        const hears = await session(() => (failures = 0));
        if (!hears) idleMs = proofEveryMs * (0.75 + random.next() / 2);
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0)
          telemetry.emit({ name: 'database.unavailable', during: 'listen', error: errorName(error) });
        failures += 1;
        idleMs = (0.1 + random.next()) * Math.min(pauseMs.most, pauseMs.first * 2 ** Math.min(failures, 20));
      }
      await clock.sleep(idleMs, signal);
    }
  }

  /**
   * One connection, as long as it lasts. Returns false when it does not hear at all, and true when it heard once and
   * does not any more.
   */
  async function session(onProven: () => void): Promise<boolean> {
    const over = new AbortController();
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: options.connectionString,
      application_name: 'fulfillment-listen',
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
      stream: () => socket,
    });
    const close = (reason: Error) => {
      if (over.signal.aborted) return;
      over.abort(reason);
      client.end().catch(() => undefined);
      // A connection that leads nowhere closes at no request, and must not keep the process.
      setTimeout(() => socket.destroy(), closesWithinMs).unref();
      socket.unref();
    };
    const end = () => close(Object.assign(new Error('The connection ended.'), { name: 'ConnectionEnded' }));
    client.on('error', close).on('end', end);
    signal.addEventListener('abort', end);
    try {
      await Promise.race([client.connect(), whenOver(over.signal)]);
      if (await isPooled(client)) {
        tell(false);
        return false;
      }
      const proof = listenTo(client);
      await client.query(`listen ${workChannel}`);
      // Whatever came while nobody listened.
      options.onWork();
      for (let proofs = 0; ; proofs += 1) {
        const heard = await hearsItself(proof, over.signal);
        over.signal.throwIfAborted();
        if (!heard && proofs > 0) return true;
        tell(heard);
        onProven();
        if (!heard) {
          // Behind a pooler the connection that listens goes to somebody else.
          const unlisten = client.query(`unlisten ${workChannel}`).catch(() => undefined);
          await Promise.race([unlisten, clock.sleep(closesWithinMs, over.signal)]);
          return false;
        }
        await clock.sleep(proofEveryMs * (0.75 + random.next() / 2), over.signal);
      }
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  /**
   * Whether the session is somebody else's between two statements. Asked first, for a LISTEN would stay in whatever
   * session it was said in, and UNLISTEN might be said in another.
   */
  async function isPooled(client: pg.Client): Promise<boolean> {
    // Straight at the server the number is the one it gave at the beginning; a pooler gives one of its own.
    if ((await backendOf(client)) === (client as unknown as { processID: number }).processID) return false;
    const other = new pg.Client({
      connectionString: options.connectionString,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    other.on('error', () => undefined);
    try {
      await other.connect();
      for (let tries = 0; tries < 5; tries += 1) {
        const mine = await backendOf(client);
        await other.query('begin');
        // A pooler hands out first what was given back last.
        const theirs = await backendOf(other);
        const again = await backendOf(client);
        await other.query('rollback');
        if (theirs === mine || again !== mine) return true;
      }
      return false;
    } finally {
      await other.end();
    }
  }

  /** What is heard on a connection: work is passed on, and a proof to whoever waits for it. */
  function listenTo(client: pg.Client): Proof {
    const proof: Proof = { expected: '', onHeard: () => undefined };
    client.on('notification', ({ payload = '' }) => {
      if (!payload.startsWith(proofPrefix)) options.onWork();
      else if (payload === proof.expected) proof.onHeard();
    });
    return proof;
  }

  /** A word through the pool that must come back on the connection that listens. */
  async function hearsItself(proof: Proof, ended: AbortSignal): Promise<boolean> {
    proof.expected = proofPrefix + Buffer.from(random.bytes(9)).toString('base64url');
    let heard = false;
    const waiting = new AbortController();
    proof.onHeard = () => {
      heard = true;
      waiting.abort();
    };
    const wait = clock.sleep(hearsWithinMs, AbortSignal.any([ended, waiting.signal]));
    try {
      await options.pool.query('select pg_notify($1, $2)', [workChannel, proof.expected]);
      await wait;
      return heard;
    } finally {
      waiting.abort();
    }
  }

  /** Each change is told once. */
  function tell(heard: boolean): void {
    const nowMs = clock.elapsedMs();
    if (heard && deafSinceMs !== undefined)
      telemetry.emit({ name: 'listen.heard', deafForMs: nowMs - deafSinceMs });
    if (!heard && deafSinceMs === undefined) telemetry.emit({ name: 'listen.deaf' });
    deafSinceMs = heard ? undefined : (deafSinceMs ?? nowMs);
  }

  const listening = listenOn();
  return {
    async stop() {
      stopped.abort();
      await listening;
    },
  };
}

/** A client that is ended while it connects leaves its promise open for ever. */
function whenOver(signal: AbortSignal): Promise<never> {
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  over.catch(() => undefined);
  return over;
}

async function backendOf(client: pg.ClientBase): Promise<number | undefined> {
  return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
}

interface Proof {
  expected: string;
  onHeard(): void;
}
