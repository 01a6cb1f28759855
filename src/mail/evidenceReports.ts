import type { AlertBook } from '../ports/alertBook.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryReport, DeliveryReportReader } from '../ports/deliveryEvidence.ts';
import type { EvidenceNotes } from '../ports/evidenceDesk.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { tellHeard } from './evidencePolling.ts';
import { unreadableAlert, unreadableRule } from './evidenceWords.ts';

export interface ReceiveReportOptions {
  readers: readonly DeliveryReportReader[];
  notes: EvidenceNotes;
  alerts: AlertBook;
  telemetry: Telemetry;
  clock: Pick<Clock, 'now'>;
  onWork(): void;
}

/** `unknown`: no reports of such a provider are configured. */
export type ReportOutcome = 'taken' | 'refused' | 'unreadable' | 'unknown';

/**
 * Takes in one delivery report. What it says is committed before this resolves with `taken`.
 *
 * @throws Fault when the database cannot be reached: the provider sends it again
 */
export function createReceiveReport(options: ReceiveReportOptions) {
  const { notes, alerts, telemetry, clock } = options;
  const readers = new Map(options.readers.map((reader) => [reader.provider, reader]));

  return async (provider: string, report: Omit<DeliveryReport, 'receivedAt'>): Promise<ReportOutcome> => {
    const reader = readers.get(provider);
    if (!reader) return 'unknown';
    const reading = reader.read({ ...report, receivedAt: clock.now() });
    if (reading.kind === 'evidence') {
      const noted = await notes.note(reading.evidence);
      tellHeard(telemetry, noted);
      if (noted.woken > 0) options.onWork();
      return 'taken';
    }
    const { kind: outcome, reason } = reading;
    telemetry.emit({ name: 'mail.report_refused', provider, outcome, reason });
    if (outcome === 'unreadable') {
      const changes = await alerts.keep(unreadableRule, [provider], [unreadableAlert(provider, reason)]);
      for (const { change, rule, scope, severity } of changes)
        telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
    }
    return outcome;
  };
}
