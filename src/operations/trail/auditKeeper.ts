import type { AuditAnchor, AuditAuthor, AuditLog, AuditPruning } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DailyDuties } from '../../ports/dailyDuties.ts';
import { anchorAudit, type AnchorOutcome } from '../audit/anchorAudit.ts';
import { createDailyRound, type DailyRound } from './dailyRound.ts';

export interface AuditKeeperOptions {
  log: AuditLog;
  /** Where the head's hash is written down outside of the database; null where nowhere. */
  anchor: AuditAnchor | null;
  duties: DailyDuties;
  clock: Clock;
  /** For how many days it is kept; a year at least. Default 366. */
  keepDays?: number;
  /** How often it looks whether a day's duty is still to be done. Default 10 minutes. */
  everyMs?: number;
  /** After so long, a duty that was begun and not finished is taken over. Default 30 minutes. */
  againAfterMs?: number;
  /** Told what a run did: a refusal to anchor is for whoever is on call. */
  kept?(news: AuditKept): void;
  /** Told of a run that failed; it is tried again after `againAfterMs`. */
  failed?(error: unknown): void;
}

export interface AuditKept {
  day: string;
  /** `unanchored`: closed by a checkpoint, and written down nowhere else. */
  anchoring: AnchorOutcome | { outcome: 'unanchored'; seq: number };
  /** Null when nothing may be removed from a log that was tampered with. */
  pruning: AuditPruning | null;
}

export interface AuditKeeper extends DailyRound {
  /** Does today's duty now; null when it is done, or another process is at it. */
  keep(): Promise<AuditKept | null>;
}

const duty = 'keep_audit';

/** The pruning's own row in the log: nobody asked for it but the calendar. */
const authorOf = (keepDays: number): AuditAuthor => ({
  actor: 'fulfillment',
  roles: [],
  channel: 'system',
  reason: `Rows are kept for ${keepDays} days.`,
  requestId: null,
  traceId: null,
});

/**
 * Once a day, however many processes there are: writes the head of the audit down outside of the database, closes the
 * chain up to it, and removes what is older than a year.
 */
export function createAuditKeeper(options: AuditKeeperOptions): AuditKeeper {
  const { log, anchor, duties, clock, keepDays = 366, everyMs = 600_000, againAfterMs = 1_800_000 } = options;

  async function keep(): Promise<AuditKept | null> {
    const taken = await duties.begin(duty, againAfterMs);
    if (!taken) return null;
    const anchoring = anchor ? await anchorAudit({ log, anchor }) : await closeChain(log);
    const pruning = anchoring.outcome === 'refused' ? null : await log.prune(authorOf(keepDays), keepDays);
    await duties.finish(taken);
    const news: AuditKept = { day: taken.day, anchoring, pruning };
    options.kept?.(news);
    return news;
  }

  return { ...createDailyRound({ keep, clock, everyMs, failed: options.failed }), keep };
}

/** A checkpoint that is anchored nowhere still lets the chain be pruned up to it. */
async function closeChain(
  log: Pick<AuditLog, 'readHead' | 'addCheckpoint'>,
): Promise<AnchorOutcome | { outcome: 'unanchored'; seq: number }> {
  const head = await log.readHead();
  if (!head || head.seq === 0) return { outcome: 'nothing' };
  await log.addCheckpoint({ seq: head.seq, hash: head.hash }, null);
  return { outcome: 'unanchored', seq: head.seq };
}
