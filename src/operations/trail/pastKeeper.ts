import type { AuditLog } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DailyDuties } from '../../ports/dailyDuties.ts';
import type { OperationsPast } from '../../ports/operationsPast.ts';
import { createDailyRound, type DailyRound } from './dailyRound.ts';

export interface PastKeeperOptions {
  past: OperationsPast;
  duties: DailyDuties;
  /** Where it is written down what was removed. */
  log: Pick<AuditLog, 'record'>;
  clock: Pick<Clock, 'sleep'>;
  /** How often it looks whether today's duty is still to be done. Default 10 minutes. */
  everyMs?: number;
  /** After so long, a duty that was begun and not finished is taken over. Default 30 minutes. */
  againAfterMs?: number;
  /** Rows that one statement removes at most. Default 1000. */
  rowsAtOnce?: number;
  /** Statements of one kind a day at most; what is left goes on the next day. Default 1000. */
  statementsMax?: number;
  /** Told of a run that failed; it is tried again after `againAfterMs`. */
  failed?(error: unknown): void;
}

export interface PastKept {
  requests: number;
  bulkRuns: number;
  drills: number;
  eventBytes: number;
  downloads: number;
  sessions: number;
  mailRequests: number;
  timelineMonths: number;
}

export interface PastKeeper extends DailyRound {
  /** Does today's duty now; null when it is done, another process is at it, or it had to break off. */
  keep(signal?: AbortSignal): Promise<PastKept | null>;
}

const duty = 'keep_past';

/** Once a day, however many processes there are: removes what is older than it is kept, and says in the audit how much. */
export function createPastKeeper(options: PastKeeperOptions): PastKeeper {
  const { past, duties, log, clock, failed } = options;
  const { everyMs = 600_000, againAfterMs = 1_800_000, rowsAtOnce = 1_000, statementsMax = 1_000 } = options;

  async function prune(removeSome: () => Promise<number>, signal: AbortSignal | undefined): Promise<number> {
    let removed = 0;
    for (let statement = 0; statement < statementsMax && !signal?.aborted; statement += 1) {
      const some = await removeSome();
      if (some === 0) break;
      removed += some;
    }
    return removed;
  }

  /** A day on which nothing was old enough has no row. */
  async function note(kept: PastKept): Promise<void> {
    if (Object.values(kept).every((count) => count === 0)) return;
    await log.record({
      actor: 'keep_past',
      roles: [],
      channel: 'system',
      action: 'past:prune',
      target: null,
      result: 'done',
      reason: null,
      requestId: null,
      bulkRunId: null,
      traceId: null,
      before: null,
      after: null,
      details: { ...kept },
    });
  }

  async function keep(signal?: AbortSignal): Promise<PastKept | null> {
    const taken = await duties.begin(duty, againAfterMs);
    if (!taken) return null;
    const kept: PastKept = {
      requests: await prune(() => past.pruneRequests(rowsAtOnce), signal),
      bulkRuns: await prune(past.pruneBulkRun, signal),
      drills: await prune(() => past.pruneDrills(rowsAtOnce), signal),
      eventBytes: await prune(() => past.pruneEventBytes(rowsAtOnce), signal),
      downloads: await prune(() => past.pruneDownloads(rowsAtOnce), signal),
      sessions: await prune(() => past.pruneSessions(rowsAtOnce), signal),
      mailRequests: await prune(() => past.pruneMailRequests(rowsAtOnce), signal),
      timelineMonths: await prune(past.pruneTimelineMonth, signal),
    };
    await note(kept);
    // Whoever takes over goes on where this one stopped.
    if (signal?.aborted) return null;
    await duties.finish(taken);
    return kept;
  }

  return { ...createDailyRound({ keep, clock, everyMs, failed }), keep };
}
