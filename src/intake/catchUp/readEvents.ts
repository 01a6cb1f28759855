import { errorTrace } from '../../domain/errorTrace.ts';
import { Fault } from '../../domain/fault.ts';
import type {
  CatchUpState,
  CatchUpStore,
  EventQuery,
  FetchedEvent,
  PaymentLists,
} from '../../ports/catchUp.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Accepted, EventRecord, IntakeStore, ReadEvent } from '../../ports/intakeStore.ts';
import type { Random } from '../../ports/random.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Pace } from './pace.ts';

export interface ReadEventsOptions {
  /** Holds the duty. */
  worker: string;
  lists: Pick<PaymentLists, 'events'>;
  store: Pick<CatchUpStore, 'take' | 'advance' | 'endRound' | 'knownEvents'>;
  intake: Pick<IntakeStore, 'accept' | 'isUnavailable'>;
  read: ReadEvent;
  pace: Pace;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  intervalMs: number;
  leaseMs: number;
  /** How far before the last event that was seen reading begins. Default 15 minutes. */
  overlapMs?: number;
  /** Called after COMMIT, when there is work for this process's worker. */
  onWork(): void;
}

/** Stripe keeps events for thirty days. */
export const eventsKeptMs = 30 * 86_400_000;
const overlapDefaultMs = 15 * 60_000;
/** A window with more than this is read in pieces, the oldest first, so that a restart goes on where it was. */
const pagesMax = 10;
const pieceMs = 60 * 60_000;

interface Tally {
  seen: number;
  found: number;
  calls: number;
}

/**
 * Reads what Stripe's Events API has since the last time, and a little from before: events come in the order of whole
 * seconds only. Those that no endpoint has acknowledged come first. Each goes the way of a webhook, so whatever came by
 * the webhook already, or will, is known.
 *
 * @throws Fault when Stripe or the database cannot be asked; what was read is read again then, and known
 */
export function createReadEvents(
  options: ReadEventsOptions,
): (state: CatchUpState, signal: AbortSignal) => Promise<void> {
  const { worker, store, clock, telemetry, intervalMs, overlapMs = overlapDefaultMs } = options;

  return async (state, signal) => {
    if (state.seenUntil === null) return;
    const startedMs = clock.elapsedMs();
    const tally: Tally = { seen: 0, found: 0, calls: 0 };
    const oldest = state.now.getTime() - eventsKeptMs;
    const from = new Date(Math.max(state.seenUntil.getTime() - overlapMs, oldest));
    const readAll = (query: EventQuery, most: number) => readWindow(options, { query, most, tally, signal });
    await readAll({ createdFrom: from, undelivered: true }, pagesMax);
    const latest = await readAll({ createdFrom: from }, pagesMax);
    const all = latest.whole || (await readInPieces());
    if (all && latest.newest) await store.advance(worker, latest.newest);
    // Where there is more, the next round goes on at once.
    const dueInMs = all ? intervalMs * (0.8 + 0.2 * options.random.next()) : 0;
    if (all)
      await store.endRound(worker, { dueInMs: Math.max(0, dueInMs - (clock.elapsedMs() - startedMs)) });
    telemetry.emit({
      name: 'catch_up.round',
      whole: all,
      ...tally,
      durationMs: clock.elapsedMs() - startedMs,
      sinceSeconds: Math.round((state.now.getTime() - from.getTime()) / 1_000),
    });

    async function readInPieces(): Promise<boolean> {
      for (let at = from.getTime(); at < state.now.getTime(); at += pieceMs) {
        if (signal.aborted) return false;
        const end = new Date(at + pieceMs);
        await readAll({ createdFrom: new Date(at), createdBefore: end }, Number.POSITIVE_INFINITY);
        if (end >= state.now) return true;
        await store.advance(worker, end);
        // Half of the interval is for what is long past, but a piece at least: what was paid a moment ago must not wait
        // for it, and it must come to its end.
        if (clock.elapsedMs() - startedMs > intervalMs / 2) return false;
      }
      return true;
    }
  };
}

interface Reading {
  query: EventQuery;
  /** Pages. */
  most: number;
  tally: Tally;
  signal: AbortSignal;
}

async function readWindow(
  options: ReadEventsOptions,
  { query, most, tally, signal }: Reading,
): Promise<{ whole: boolean; newest: Date | null }> {
  const { lists, store, pace, worker, leaseMs } = options;
  let newest: Date | null = null;
  let after: string | null = null;
  for (let page = 0; page < most; page += 1) {
    await pace(signal);
    signal.throwIfAborted();
    const { items, next } = await lists.events({ ...query, ...(after !== null && { after }) }, signal);
    tally.calls += 1;
    tally.seen += items.length;
    newest ??= items[0]?.createdAt ?? null;
    tally.found += await takeIn(options, items);
    await store.take(worker, leaseMs);
    if (next === null) return { whole: true, newest };
    after = next;
  }
  return { whole: false, newest };
}

/** Takes in what is not known, in the order in which it happened. @returns how much that was */
async function takeIn(
  { store, intake, read, telemetry, onWork }: ReadEventsOptions,
  items: readonly FetchedEvent[],
): Promise<number> {
  if (items.length === 0) return 0;
  const known = await store.knownEvents(items.map(({ id }) => id));
  let found = 0;
  for (const { id, body } of items.toReversed()) {
    if (known.has(id)) continue;
    const { event, purchase } = read(body);
    const { outcome, jobId } = await acceptOne({ intake, telemetry }, { ...event, door: 'poller' }, purchase);
    if (outcome === 'duplicate') continue;
    found += 1;
    telemetry.emit({ name: 'catch_up.found', door: 'poller', outcome, jobId, eventId: id });
    if (jobId) onWork();
  }
  return found;
}

/**
 * One that cannot be taken in, also not at a second try, must not keep those behind it away: it is put aside for people,
 * who are told.
 *
 * @throws Fault transient when the database cannot be reached
 */
async function acceptOne(
  { intake, telemetry }: Pick<ReadEventsOptions, 'intake' | 'telemetry'>,
  event: EventRecord,
  purchase: ReturnType<ReadEvent>['purchase'],
): Promise<Accepted> {
  const accept = (record: EventRecord, news: typeof purchase) =>
    intake.accept(record, news).catch((error: unknown) => {
      if (intake.isUnavailable(error)) throw unreachable();
      throw error;
    });
  const unlessUnreachable = (error: unknown) => {
    if (error instanceof Fault) throw error;
    return error;
  };
  const first = await accept(event, purchase).catch(unlessUnreachable);
  if (isAccepted(first)) return first;
  const second = await accept(event, purchase).catch(unlessUnreachable);
  if (isAccepted(second)) return second;
  telemetry.emit({ name: 'unexpected.error', during: 'catch_up', ...errorTrace(second) });
  return accept({ ...event, verdict: 'quarantined', reason: 'not_taken_in' }, null);
}

const isAccepted = (result: unknown): result is Accepted =>
  typeof result === 'object' && result !== null && 'outcome' in result;

const unreachable = () =>
  new Fault({
    kind: 'transient',
    reason: 'database_unavailable',
    message: 'The database cannot be reached.',
  });
