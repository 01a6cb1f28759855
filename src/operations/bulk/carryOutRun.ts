import { Fault } from '../../domain/fault.ts';
import type { BulkItemOutcome, BulkWork, LeasedBulkRun, NextBulkItem } from '../../ports/bulk.ts';
import type { Clock } from '../../ports/clock.ts';
import { carryOutItem, type CarryOutOptions, failureCode } from './carryOutItem.ts';
import { createPace } from './pace.ts';

export interface CarryOutRunOptions extends CarryOutOptions {
  work: BulkWork;
  clock: Clock;
  leaseMs: number;
  /** Told of what went wrong beside the items themselves; it is tried again. */
  failed?(error: unknown): void;
}

/** So many items in a row that broke off are no accident. */
const failuresMax = 10;
/** An item that others are in the way of is asked for so often. */
const conflictsMax = 5;
const againAfterMs = { first: 500, most: 30_000 } as const;

/**
 * Carries out a run's items one by one, at its rate, until none waits, or somebody pauses or aborts it. Between two items
 * nothing is kept in memory that another process would miss.
 */
export async function carryOutRun(
  options: CarryOutRunOptions,
  run: LeasedBulkRun,
  signal: AbortSignal,
): Promise<void> {
  const { work, clock, leaseMs } = options;
  const pace = createPace(clock, run.ratePerSecond);
  const carryOut = createAttempts(options, run);
  let failuresInARow = 0;
  let waitMs: number = againAfterMs.first;
  while (!signal.aborted) {
    await pace.turn(signal);
    if (signal.aborted) break;
    try {
      const next = await work.next(run, leaseMs);
      if (next.kind !== 'item') return;
      const outcome = await carryOut(next);
      await work.note(run.runId, next.ordinal, outcome);
      failuresInARow = outcome.state === 'failed' ? failuresInARow + 1 : 0;
      if (failuresInARow >= failuresMax) return await work.halt(run);
      waitMs = againAfterMs.first;
    } catch (error) {
      // The item still waits, and asking for it again does it once.
      options.failed?.(error);
      await clock.sleep(waitMs, signal);
      waitMs = Math.min(2 * waitMs, againAfterMs.most);
    }
  }
  await work.release(run).catch((error: unknown) => options.failed?.(error));
}

/** An item that never gets its turn among others must not hold up the rest; a database that is away concerns them all. */
function createAttempts(options: CarryOutRunOptions, run: LeasedBulkRun) {
  let conflicts = { ordinal: 0, count: 0 };
  return async (item: Extract<NextBulkItem, { kind: 'item' }>): Promise<BulkItemOutcome> => {
    try {
      return await carryOutItem(options, run, item);
    } catch (error) {
      if (!(error instanceof Fault) || error.reason !== 'conflict') throw error;
      const { ordinal } = item;
      conflicts = { ordinal, count: conflicts.ordinal === ordinal ? conflicts.count + 1 : 1 };
      if (conflicts.count < conflictsMax) throw error;
      return { state: 'failed', code: failureCode(error), auditSeq: null };
    }
  };
}
