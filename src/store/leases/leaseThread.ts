import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { answerWithinMs } from '../../domain/lease.ts';
import { createPool } from '../connection.ts';
import { beat } from '../jobs/beat.ts';
import { extendLeases } from '../jobs/leases.ts';
import { keepExtending } from './keepExtending.ts';
import { monotonicMs, readLeaseTable } from './leaseTable.ts';
import type { LeaseThreadData } from './spawnLeaseThread.ts';

/** The entry of the thread that extends leases. It ends when it is told anything at all. */
const { memory, connectionString, leaseMs, hungAfterMs, worker } = workerData as LeaseThreadData;
const stopped = new AbortController();
parentPort?.once('message', () => stopped.abort());

const pool = createPool({
  connectionString,
  applicationName: 'fulfillment-leases',
  // One is used; the other is there when an answer does not come.
  connectionsMax: 2,
  connectTimeoutMs: answerWithinMs(leaseMs),
  answerTimeoutMs: answerWithinMs(leaseMs),
});

await keepExtending(
  {
    table: readLeaseTable(memory),
    clock: {
      elapsedMs: monotonicMs,
      sleep: (ms, signal) => wait(ms, undefined, signal && { signal }).catch(() => undefined),
    },
    leaseMs,
    hungAfterMs,
    extend: (leases) => extendLeases(pool, leases, leaseMs),
    beat: () => beat(pool, worker),
    tell: (report) => parentPort?.postMessage(report),
  },
  stopped.signal,
);
await pool.end();
