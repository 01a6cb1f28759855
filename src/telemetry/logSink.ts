import pino from 'pino';
import type { TelemetryEvent } from '../ports/telemetry.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How loud each event is. Everything else about logging follows from the event's own fields. */
const levels: Record<TelemetryEvent['name'], LogLevel> = {
  'webhook.answered': 'debug',
  'checkout.answered': 'debug',
  'job.accepted': 'info',
  'job.claimed': 'debug',
  'step.attempted': 'debug',
  'provider.called': 'debug',
  'job.completed': 'info',
  'job.failed': 'error',
  'job.sla_breached': 'warn',
  'job.blocked': 'warn',
  'job.held': 'info',
  'job.cancelled': 'warn',
  'lease.lost': 'warn',
  'job.taken_over': 'warn',
  'record.split': 'error',
  'provider.circuit': 'info',
  'mail.ambiguous': 'warn',
  'mail.gate': 'warn',
  'mail.evidence': 'debug',
  'mail.evidence_expired': 'info',
  'mail.report_refused': 'warn',
  'mail.source_failed': 'warn',
  'mode.shadow': 'warn',
  'download.answered': 'debug',
  'download.finished': 'debug',
  'entitlement.claim_initiated': 'info',
  'account.not_invited': 'warn',
  'entitlement.claim_success': 'info',
  'staff.signed_in': 'info',
  'staff.refused': 'info',
  'staff.no_way_in': 'warn',
  'worker.started': 'info',
  'worker.stopped': 'info',
  'worker.hung': 'error',
  'lease_keeper.ended': 'error',
  'listen.deaf': 'warn',
  'listen.heard': 'info',
  'catch_up.started': 'info',
  'catch_up.round': 'debug',
  'catch_up.found': 'info',
  'catch_up.swept': 'info',
  'catch_up.failed': 'warn',
  'alert.changed': 'warn',
  'alert.delivered': 'info',
  'dead_man.beat': 'debug',
  'sentinel.started': 'info',
  'sentinel.stopped': 'info',
  'sentinel.blind': 'error',
  'database.unavailable': 'error',
  'unexpected.error': 'error',
};

function levelOf(event: TelemetryEvent): LogLevel {
  if (
    event.name === 'webhook.answered' &&
    ['refused', 'quarantined', 'conflict', 'unavailable'].includes(event.outcome)
  )
    return 'warn';
  if (event.name === 'step.attempted' && (event.outcome === 'failed' || event.outcome === 'blocked'))
    return 'warn';
  if (event.name === 'step.attempted' && event.outcome === 'retry') return 'info';
  if (event.name === 'provider.circuit' && event.change === 'opened') return 'warn';
  if (event.name === 'record.split' && event.passing) return 'warn';
  if (event.name === 'alert.delivered' && event.result === 'failed') return 'warn';
  if (event.name === 'dead_man.beat' && event.result !== 'delivered') return 'warn';
  return levels[event.name];
}

/** One JSON line per event, its name in `event`. The events' types admit ids, codes and durations only. */
export function createLogSink(options: { level: LogLevel; file?: string }): (event: TelemetryEvent) => void {
  const destination = pino.destination(options.file ? { dest: options.file, mkdir: true } : 1);
  // A disk that is full costs us the log, not the shop.
  destination.on('error', () => undefined);
  const logger = pino(
    {
      level: options.level,
      base: { service: 'fulfillment-orchestrator' },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
    },
    destination,
  );
  return (event) => {
    const { name, ...fields } = event;
    logger[levelOf(event)](fields, name);
  };
}
