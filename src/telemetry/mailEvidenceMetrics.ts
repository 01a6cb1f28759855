import { Counter, type Registry } from 'prom-client';
import type { TelemetryEvent } from '../ports/telemetry.ts';

/** Metrics of what is heard of mails after they were handed over. */
export function createMailEvidenceMetrics(registry: Registry) {
  const registers = [registry];
  const heard = new Counter({
    name: 'fulfillment_mail_evidence_total',
    help: 'What was heard of mails that were handed over, each piece once, by where and what.',
    labelNames: ['source', 'kind'],
    registers,
  });
  const expired = new Counter({
    name: 'fulfillment_mail_evidence_expired_total',
    help: 'What was heard and dropped after a day because no mail was found that it is about.',
    registers,
  });
  const refused = new Counter({
    name: 'fulfillment_mail_reports_refused_total',
    help: 'Delivery reports that were not taken: not signed by the provider (refused), or not understood (unreadable).',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['refused', 'unreadable']) refused.inc({ outcome }, 0);

  return {
    observe(event: TelemetryEvent): void {
      if (event.name === 'mail.evidence') heard.inc({ source: event.source, kind: event.kind }, event.count);
      if (event.name === 'mail.evidence_expired') expired.inc(event.count);
      if (event.name === 'mail.report_refused') refused.inc({ outcome: event.outcome });
    },
  };
}
