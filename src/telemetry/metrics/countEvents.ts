import type { TelemetryEvent } from '../../ports/telemetry.ts';
import type { Instruments, TracePlace } from './instruments.ts';

type Event<Name extends TelemetryEvent['name']> = Extract<TelemetryEvent, { name: Name }>;

/** Latency and the SLA are a matter of purchases; what else is done for them has no buyer waiting in this sense. */
const isOrder = (kind: string) => kind === 'fulfil';

/** Counts what a process tells of itself. */
export function createEventCounter({ count, observe, show }: Instruments) {
  return (event: TelemetryEvent, place?: TracePlace): void => {
    switch (event.name) {
      case 'job.accepted':
        return count('fulfillment_jobs_accepted_total', { door: event.door });
      case 'job.claimed':
        if (event.first) observe('fulfillment_job_wait_seconds', {}, event.waitSeconds, place);
        return undefined;
      case 'job.completed':
        return countCompleted(event, place);
      case 'job.failed':
        count('fulfillment_jobs_failed_total', { step: event.step, reason: event.reason }, 1, place);
        if (isOrder(event.kind))
          observe('fulfillment_latency_seconds', { outcome: 'failed' }, event.latencySeconds, place);
        return undefined;
      case 'job.sla_breached':
        return count('fulfillment_sla_jobs_total', { result: 'breached' });
      case 'step.attempted':
        count('fulfillment_step_attempts_total', { step: event.step, result: event.outcome });
        return observe(
          'fulfillment_step_duration_seconds',
          { step: event.step },
          event.durationMs / 1000,
          place,
        );
      case 'lease.lost':
        return count('fulfillment_leases_lost_total', {});
      case 'job.taken_over':
        return count('fulfillment_jobs_taken_over_total', {});
      case 'record.split':
        return count('fulfillment_record_splits_total', {});
      case 'webhook.answered':
        return countWebhook(event, place);
      case 'download.answered':
        return count('fulfillment_downloads_total', { outcome: event.outcome });
      case 'entitlement.claim_initiated':
        return count('fulfillment_claims_total', { stage: 'initiated' });
      case 'entitlement.claim_success':
        return count('fulfillment_claims_total', { stage: 'succeeded' });
      case 'staff.refused':
        return count('fulfillment_staff_refusals_total', { door: event.door });
      case 'alert.delivered':
        return count('fulfillment_alert_deliveries_total', { channel: event.channel, result: event.result });
      case 'dead_man.beat':
        if (event.result === 'withheld') return undefined;
        return count('fulfillment_alert_deliveries_total', { channel: 'dead_man', result: event.result });
      default:
        countOutside(event, place);
        return countCatchUp(event);
    }
  };

  function countCompleted(event: Event<'job.completed'>, place?: TracePlace): void {
    count('fulfillment_jobs_completed_total', { kind: event.kind });
    if (!isOrder(event.kind)) return;
    observe('fulfillment_latency_seconds', { outcome: 'completed' }, event.latencySeconds, place);
    // One that is late was counted when its time was over.
    if (event.slaMet) count('fulfillment_sla_jobs_total', { result: 'met' });
  }

  function countWebhook(event: Event<'webhook.answered'>, place?: TracePlace): void {
    count('fulfillment_webhooks_total', { outcome: event.outcome });
    observe('fulfillment_webhook_duration_seconds', {}, event.durationMs / 1000, place);
    if (event.lagSeconds !== undefined)
      observe('fulfillment_webhook_lag_seconds', {}, event.lagSeconds, place);
  }

  function countOutside(event: TelemetryEvent, place?: TracePlace): void {
    switch (event.name) {
      case 'provider.called':
        count('fulfillment_provider_calls_total', { provider: event.provider, outcome: event.outcome });
        return observe(
          'fulfillment_provider_call_duration_seconds',
          { provider: event.provider },
          event.durationMs / 1000,
          place,
        );
      case 'provider.circuit':
        return count('fulfillment_provider_circuit_changes_total', {
          provider: event.provider,
          change: event.change,
        });
      case 'mail.ambiguous':
        return count('fulfillment_mail_ambiguous_total', {});
      case 'mail.evidence':
        return count(
          'fulfillment_mail_evidence_total',
          { source: event.source, kind: event.kind },
          event.count,
        );
      case 'mail.evidence_expired':
        return count('fulfillment_mail_evidence_expired_total', {}, event.count);
      case 'mail.report_refused':
        return count('fulfillment_mail_reports_refused_total', { outcome: event.outcome });
      default:
        return undefined;
    }
  }

  function countCatchUp(event: TelemetryEvent): void {
    switch (event.name) {
      case 'catch_up.started':
        return show('fulfillment_catch_up_bound_seconds', {}, event.boundSeconds);
      case 'catch_up.round':
        return observe('fulfillment_catch_up_round_duration_seconds', {}, event.durationMs / 1000);
      case 'catch_up.found':
        count('fulfillment_catch_up_found_total', { door: event.door, outcome: event.outcome });
        if (event.outcome === 'accepted') count('fulfillment_jobs_accepted_total', { door: event.door });
        return undefined;
      case 'catch_up.failed':
        return count('fulfillment_catch_up_failures_total', { duty: event.during });
      default:
        return undefined;
    }
  }
}
