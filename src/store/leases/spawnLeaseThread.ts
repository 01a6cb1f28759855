import { Worker } from 'node:worker_threads';
import type { WorkerIdentity } from '../../ports/leaseKeeping.ts';

/** What the thread is given; never as arguments, which everybody on the machine can read. */
export interface LeaseThreadData {
  memory: SharedArrayBuffer;
  connectionString: string;
  leaseMs: number;
  hungAfterMs: number;
  worker: WorkerIdentity;
}

/** Starts the thread from the file beside this one: built JavaScript, or the source in TypeScript. */
export function spawnLeaseThread(data: LeaseThreadData): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(isSource ? './leaseThread.source.mjs' : './leaseThread.js', import.meta.url);
  // What this process was given to run its own program (a debugger, a loader) is not for the thread.
  return new Worker(entry, { name: 'leases', workerData: data, execArgv: [] });
}
