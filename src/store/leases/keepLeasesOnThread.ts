import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { errorName } from '../../domain/errorTrace.ts';
import { extensionsPerLease, selfFenceShare } from '../../domain/lease.ts';
import type { Lease } from '../../ports/jobStore.ts';
import type { LeaseKeeping, WorkerIdentity } from '../../ports/leaseKeeping.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { LeaseReport } from './keepExtending.ts';
import { leaseTableMemory, monotonicMs, ownLeaseTable } from './leaseTable.ts';
import { type LeaseThreadData, spawnLeaseThread } from './spawnLeaseThread.ts';

export interface ThreadLeasesOptions {
  /** Of the worker's role; a transaction pooler will do. */
  connectionString: string;
  leaseMs: number;
  telemetry: Telemetry;
  /** After how long without a sign of life from this event loop others may take over. Default one minute. */
  hungAfterMs?: number;
  spawn?: (data: LeaseThreadData) => Worker;
}

const restartAfterMs = { first: 50, most: 5_000 };
/** A thread that lived so long was a good one. */
const soundAfterMs = 60_000;
const stopWithinMs = 2_000;
const readyWithinMs = 10_000;
/** How long an answer about a lease that is over by its own record may still be on its way to this process. */
const settleMs = 100;

/**
 * Keeps leases on a thread of their own with a connection of its own, so that a step that computes for long does not
 * lose its job. Should the thread end, another one takes over the table; until then the leases become uncertain by
 * themselves.
 */
export function keepLeasesOnThread(options: ThreadLeasesOptions): LeaseKeeping {
  const { connectionString, leaseMs, telemetry, hungAfterMs = 60_000, spawn = spawnLeaseThread } = options;
  const memory = leaseTableMemory();
  const table = ownLeaseTable(memory);
  let thread: Worker | undefined;
  let startedMs = 0;
  let restartMs = restartAfterMs.first;
  let restart: NodeJS.Timeout | undefined;
  let pulse: NodeJS.Timeout | undefined;
  let stopping = false;

  function startThread(worker: WorkerIdentity, onLost: (lease: Lease) => void): void {
    const again = (error: string) => {
      if (stopping) return;
      if (monotonicMs() - startedMs > soundAfterMs) restartMs = restartAfterMs.first;
      telemetry.emit({ name: 'lease_keeper.ended', worker: worker.name, error, startsAgainInMs: restartMs });
      restart = setTimeout(() => startThread(worker, onLost), restartMs).unref();
      restartMs = Math.min(restartMs * 2, restartAfterMs.most);
    };
    startedMs = monotonicMs();
    try {
      const mine = spawn({ memory, connectionString, leaseMs, hungAfterMs, worker });
      thread = mine;
      let cause = 'ended';
      mine.on('error', (error) => (cause = errorName(error)));
      mine.on('message', (report: LeaseReport) => hear(report, worker, onLost));
      mine.once('exit', () => {
        if (thread === mine) thread = undefined;
        again(cause);
      });
      // It must not keep a process alive that is done. Listening to it does, so this comes last.
      mine.unref();
    } catch (error) {
      again(errorName(error));
    }
  }

  function hear(report: LeaseReport, worker: WorkerIdentity, onLost: (lease: Lease) => void): void {
    switch (report.kind) {
      case 'trouble':
        return telemetry.emit({
          name: 'database.unavailable',
          during: report.during,
          error: report.error,
        });
      case 'hung':
        return telemetry.emit({ name: 'worker.hung', worker: worker.name, silentMs: report.silentMs });
      case 'lost': {
        // A record that ended the lease a moment ago may not have been heard of here yet.
        const judge = () => report.leases.forEach((at) => tellLost(table.leaseAt(at), onLost));
        setTimeout(judge, settleMs).unref();
      }
    }
  }

  function tellLost(lease: Lease | undefined, onLost: (lease: Lease) => void): void {
    if (lease && !stopping) onLost(lease);
  }

  /** Says that this event loop turns, and ends a thread that does not. */
  function feelPulse(): void {
    const nowMs = monotonicMs();
    table.signOfLife(nowMs);
    const silentMs = nowMs - Math.max(table.threadSeenMs(), startedMs);
    if (thread && silentMs > Math.max(2 * leaseMs, 10_000)) void thread.terminate();
  }

  return {
    start(worker, onLost) {
      feelPulse();
      pulse = setInterval(feelPulse, Math.min(hungAfterMs / 10, leaseMs / extensionsPerLease)).unref();
      startThread(worker, onLost);
    },
    async ready() {
      const deadlineMs = monotonicMs() + readyWithinMs;
      while (table.threadSeenMs() === 0 && !stopping && monotonicMs() < deadlineMs) await wait(10);
    },
    keep(lease, ageMs) {
      const fromClaimMs = monotonicMs() - ageMs + leaseMs * selfFenceShare;
      const at = table.keep(lease);
      return {
        certainForMs() {
          if (!table.leaseAt(at)) return 0;
          return Math.max(fromClaimMs, table.extendedUntilMs(at) ?? 0) - monotonicMs();
        },
        release: () => table.release(at),
      };
    },
    async stop() {
      stopping = true;
      clearInterval(pulse);
      clearTimeout(restart);
      if (thread) await ended(thread);
    },
  };
}

async function ended(thread: Worker): Promise<void> {
  thread.ref();
  const exit = new Promise((resolve) => thread.once('exit', resolve));
  const late = setTimeout(() => void thread.terminate(), stopWithinMs);
  thread.postMessage('stop');
  await exit;
  clearTimeout(late);
}
