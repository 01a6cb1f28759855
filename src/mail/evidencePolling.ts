import { errorTrace } from '../domain/errorTrace.ts';
import { Fault } from '../domain/fault.ts';
import type { AlertBook } from '../ports/alertBook.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliverySource } from '../ports/deliveryEvidence.ts';
import type { EvidenceDesk, EvidenceNoted, SourceStanding } from '../ports/evidenceDesk.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { sourceAlert, sourceRule } from './evidenceWords.ts';

export interface EvidencePollingOptions {
  /** Unique for this process. */
  worker: string;
  desk: Pick<EvidenceDesk, 'sources' | 'notePage' | 'noteFailure'>;
  sources: readonly DeliverySource[];
  alerts: AlertBook;
  telemetry: Telemetry;
  clock: Clock;
  pollMs: number;
  /** How long one look at a place may take. */
  timeoutMs: number;
  /** After so long of trouble people are told. */
  alertAfterMs: number;
  onWork(): void;
}

/** How far one place is read on in a turn, before the others and the lease are looked after again. */
const turnMax = { ms: 20_000, pages: 200 } as const;
const retryAfterMaxMs = 15 * 60_000;

/** Reads the places where evidence is found, each at its own time. What cannot be read keeps no other. */
export function createEvidencePolling(options: EvidencePollingOptions) {
  const { worker, desk, sources, alerts, telemetry, clock, pollMs, timeoutMs, alertAfterMs } = options;
  const dueAtMs = new Map<string, number>();

  /** @throws Fault when the database cannot be reached */
  async function read(source: DeliverySource, known: SourceStanding | undefined, signal: AbortSignal) {
    const { name } = source;
    const beganMs = clock.elapsedMs();
    let cursor = known?.cursor ?? null;
    for (let pages = 1; !signal.aborted; pages += 1) {
      const page = await look(source, cursor, signal);
      if (signal.aborted) return;
      if ('error' in page) return troubled(name, page.error);
      const { cursor: behind, evidence } = page;
      const noted = await desk.notePage(worker, { source: name, cursor: behind, evidence });
      if (!noted) return;
      tellHeard(telemetry, noted);
      if (noted.woken > 0) options.onWork();
      // A page of nothing but mails of others says nothing of the one behind it.
      const isLast = page.atEnd === true || page.cursor === cursor;
      cursor = page.cursor;
      if (isLast) {
        dueAtMs.set(name, clock.elapsedMs() + pollMs);
        break;
      }
      if (pages >= turnMax.pages || clock.elapsedMs() - beganMs >= turnMax.ms) break;
    }
    if (known !== undefined && known.failure !== null) await keep(name, []);
  }

  async function look(source: DeliverySource, cursor: string | null, signal: AbortSignal) {
    const over = new AbortController();
    try {
      const page = await Promise.race([
        source.poll(cursor, AbortSignal.any([signal, over.signal])),
        clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])),
      ]);
      return page ?? { error: tooSlow(timeoutMs) };
    } catch (error) {
      return { error };
    } finally {
      over.abort();
    }
  }

  async function troubled(source: string, error: unknown): Promise<void> {
    const reason = error instanceof Fault ? error.reason : 'unexpected_error';
    if (!(error instanceof Fault))
      telemetry.emit({ name: 'unexpected.error', during: `read ${source}`, ...errorTrace(error) });
    const askedMs = error instanceof Fault ? (error.retryAfterMs ?? 0) : 0;
    const againInMs = Math.max(pollMs, Math.min(askedMs, retryAfterMaxMs));
    dueAtMs.set(source, clock.elapsedMs() + againInMs);
    const failingForMs = await desk.noteFailure(worker, { source, reason });
    if (failingForMs === undefined) return;
    telemetry.emit({ name: 'mail.source_failed', source, reason, failingForMs, againInMs });
    if (failingForMs >= alertAfterMs) await keep(source, [sourceAlert(source, reason)]);
  }

  async function keep(source: string, holding: Parameters<AlertBook['keep']>[2]): Promise<void> {
    for (const { change, rule, scope, severity } of await alerts.keep(sourceRule, [source], holding))
      telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
  }

  return {
    /** Reads what is due; what has more than a turn reads stays due.  @throws Fault when the database cannot be reached */
    async poll(signal: AbortSignal): Promise<void> {
      const due = sources.filter(({ name }) => (dueAtMs.get(name) ?? -Infinity) <= clock.elapsedMs());
      if (due.length === 0) return;
      const known = new Map((await desk.sources()).map((standing) => [standing.name, standing]));
      const ended = await Promise.allSettled(
        due.map((source) => read(source, known.get(source.name), signal)),
      );
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
    },
  };
}

export type EvidencePolling = ReturnType<typeof createEvidencePolling>;

export function tellHeard(telemetry: Telemetry, { heard }: Pick<EvidenceNoted, 'heard'>): void {
  for (const { source, kind, count } of heard) telemetry.emit({ name: 'mail.evidence', source, kind, count });
}

const tooSlow = (timeoutMs: number) =>
  new Fault({
    kind: 'transient',
    reason: 'timeout',
    message: `No answer within ${timeoutMs / 1_000} s.`,
  });
