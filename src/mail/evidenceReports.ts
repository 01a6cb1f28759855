import type { AlertBook, AlertToKeep } from '../ports/alertBook.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryReport, DeliveryReportReader } from '../ports/deliveryEvidence.ts';
import type { ReportDoor } from '../ports/evidenceDesk.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { tellHeard } from './evidencePolling.ts';
import { refusedReportAlert, unreadableAlert } from './evidenceWords.ts';

export interface ReceiveReportOptions {
  readers: readonly DeliveryReportReader[];
  door: ReportDoor;
  alerts: AlertBook;
  telemetry: Telemetry;
  clock: Pick<Clock, 'now'>;
}

const tellEveryMs = 60_000;

/** `unknown`: no reports of such a provider are configured. */
export type ReportOutcome = 'taken' | 'refused' | 'unreadable' | 'unknown';

/**
 * Takes in one delivery report. What it says is committed before this resolves with `taken`; what follows from it is
 * done by whoever looks after evidence, within seconds.
 *
 * @throws Fault when the database cannot be reached: the provider sends it again
 */
export function createReceiveReport(options: ReceiveReportOptions) {
  const { door, alerts, telemetry, clock } = options;
  const readers = new Map(options.readers.map((reader) => [reader.provider, reader]));
  const toldAtMs = new Map<string, number>();

  return async (provider: string, report: Omit<DeliveryReport, 'receivedAt'>): Promise<ReportOutcome> => {
    const reader = readers.get(provider);
    if (!reader) return 'unknown';
    const reading = reader.read({ ...report, receivedAt: clock.now() });
    if (reading.kind === 'evidence') {
      tellHeard(telemetry, { heard: await door.accept(provider, reading.evidence) });
      return 'taken';
    }
    const { kind: outcome, reason } = reading;
    telemetry.emit({ name: 'mail.report_refused', provider, outcome, reason });
    if (outcome === 'unreadable') await tell(unreadableAlert(provider, reason));
    // What is not signed at all comes from anybody; a wrong signature may be the provider's, with another secret.
    else if (reason !== 'signature_missing') await tell(refusedReportAlert(provider, reason));
    return outcome;
  };

  /** Once a minute at most: whoever sends many of these must not make us write as many. */
  async function tell(alert: AlertToKeep): Promise<void> {
    const key = `${alert.rule} ${alert.scope}`;
    const nowMs = clock.now().getTime();
    if (nowMs - (toldAtMs.get(key) ?? -Infinity) < tellEveryMs) return;
    toldAtMs.set(key, nowMs);
    for (const { change, rule, scope, severity } of await alerts.keep(alert.rule, [alert.scope], [alert]))
      telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
  }
}
