import { type AuditLog, auditTextMax, type NewAuditEntry } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';

export interface RefusalThrottleOptions {
  log: Pick<AuditLog, 'record'>;
  clock: Pick<Clock, 'elapsedMs'>;
  /** The most rows in any minute for one actor and action. Default 10. */
  perMinuteMax?: number;
  /** The most pairs of actor and action that are told apart; further ones share one count. Default 10 000. */
  pairsMax?: number;
}

export interface RefusalThrottle {
  /**
   * Writes a refused attempt down in a row of its own, or only counts it. The count is in `details.suppressed` of the
   * next row of that actor and action (`suppressedOfMany` where too many pairs shared one count). Texts that are too
   * long for a row, or cannot be stored, are cut.
   */
  refused(attempt: Omit<NewAuditEntry, 'result'>): Promise<'written' | 'suppressed'>;
  /** Writes down what was only counted, where a row is allowed again and none came: every minute or so. */
  flush(): Promise<void>;
  /** Writes down all that was only counted, before the process ends. */
  close(): Promise<void>;
}

interface Pair {
  /** `suppressed`, or `suppressedOfMany` where it is not one actor's. */
  countName: string;
  /** When the rows of the last minute were written. */
  writtenAtMs: number[];
  suppressed: number;
  /** The last attempt that was only counted. */
  last?: NewAuditEntry;
}

const minuteMs = 60_000;
const everybodyElse = '';

/**
 * Refused attempts are audited, and must not become a way to fill the log. What is counted is in this process's memory:
 * each process allows as many rows, and one that is killed forgets what it had only counted.
 */
export function createRefusalThrottle(options: RefusalThrottleOptions): RefusalThrottle {
  const { log, clock, perMinuteMax = 10, pairsMax = 10_000 } = options;
  const pairs = new Map<string, Pair>();

  const recent = (pair: Pair) => {
    const since = clock.elapsedMs() - minuteMs;
    pair.writtenAtMs = pair.writtenAtMs.filter((writtenAtMs) => writtenAtMs > since);
    return pair.writtenAtMs.length;
  };
  const forgetQuiet = () => {
    for (const [key, pair] of pairs) if (pair.suppressed === 0 && recent(pair) === 0) pairs.delete(key);
  };
  const pairOf = (key: string): Pair => {
    const known = pairs.get(key);
    if (known) return known;
    if (pairs.size >= pairsMax) forgetQuiet();
    if (pairs.size >= pairsMax && key !== everybodyElse) return pairOf(everybodyElse);
    const countName = key === everybodyElse ? 'suppressedOfMany' : 'suppressed';
    const pair: Pair = { countName, writtenAtMs: [], suppressed: 0 };
    pairs.set(key, pair);
    return pair;
  };

  const write = async (pair: Pair, entry: NewAuditEntry) => {
    const { suppressed } = pair;
    const nowMs = clock.elapsedMs();
    pair.suppressed = 0;
    pair.writtenAtMs.push(nowMs);
    const details = suppressed > 0 ? { ...entry.details, [pair.countName]: suppressed } : entry.details;
    try {
      await log.record({ ...entry, details });
    } catch (error) {
      pair.suppressed += suppressed;
      pair.writtenAtMs.splice(pair.writtenAtMs.indexOf(nowMs), 1);
      throw error;
    }
  };

  const tell = async (pair: Pair) => {
    const { last, suppressed } = pair;
    if (!last || suppressed === 0) return;
    // The last one is told by this row itself.
    pair.suppressed -= 1;
    try {
      await write(pair, last);
    } catch (error) {
      pair.suppressed += 1;
      throw error;
    }
  };

  return {
    async refused(attempt) {
      const entry: NewAuditEntry = { ...fitting(attempt), result: 'refused' };
      const pair = pairOf(`${entry.actor}\n${entry.action}`);
      if (recent(pair) >= perMinuteMax) {
        pair.suppressed += 1;
        pair.last = entry;
        return 'suppressed';
      }
      await write(pair, entry);
      return 'written';
    },

    async flush() {
      for (const pair of pairs.values()) if (recent(pair) < perMinuteMax) await tell(pair);
      forgetQuiet();
    },

    async close() {
      for (const pair of pairs.values()) await tell(pair);
    },
  };
}

/** A text from outside, as a row can take it. */
function cut(text: string, charactersMax: number): string {
  return text.replaceAll('\0', '\uFFFD').slice(0, charactersMax).toWellFormed();
}

const cutOrNull = (text: string | null, charactersMax: number) =>
  text === null ? null : cut(text, charactersMax);

/** Whoever is refused may have sent anything; a row that cannot be written would hide them. */
function fitting(attempt: Omit<NewAuditEntry, 'result'>): Omit<NewAuditEntry, 'result'> {
  const { target } = attempt;
  return {
    ...attempt,
    actor: cut(attempt.actor, auditTextMax.actor),
    action: cut(attempt.action, auditTextMax.action),
    target: target?.id
      ? { kind: cut(target.kind, auditTextMax.targetKind), id: cut(target.id, auditTextMax.targetId) }
      : null,
    reason: cutOrNull(attempt.reason, auditTextMax.reason),
    requestId: cutOrNull(attempt.requestId, auditTextMax.requestId),
    traceId: cutOrNull(attempt.traceId, auditTextMax.traceId),
  };
}
