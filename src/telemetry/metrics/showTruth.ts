import type { CircuitState } from '../../domain/circuit.ts';
import { gateClosers } from '../../domain/mailGate.ts';
import type { DatabaseTruth } from '../../ports/databaseTruth.ts';
import type { Instruments } from './instruments.ts';

const circuitValues: Record<CircuitState, number> = { closed: 0, half_open: 1, open: 2 };
const secondsOf = (at: Date | null) => (at ? at.getTime() / 1000 : 0);
const asNumber = (holds: boolean) => (holds ? 1 : 0);

/** Shows the truth of a moment, and forgets that of the last one. */
export function createTruthDisplay({ show, clear }: Instruments) {
  return (truth: DatabaseTruth): void => {
    showJobs(truth);
    showOutside(truth);
    showHouse(truth);
  };

  function showJobs(truth: DatabaseTruth): void {
    clear('fulfillment_jobs_active');
    for (const { state, step, count } of truth.active)
      show('fulfillment_jobs_active', { state, step }, count);
    show('fulfillment_jobs_beyond_sla', {}, truth.beyondSla);
    show('fulfillment_oldest_open_job_accepted_timestamp_seconds', {}, secondsOf(truth.oldestOpenAcceptedAt));
    show('fulfillment_oldest_open_job_deadline_timestamp_seconds', {}, secondsOf(truth.oldestOpenDeadline));
    show('fulfillment_oldest_held_job_timestamp_seconds', {}, secondsOf(truth.oldestHeldAt));
    show('fulfillment_oldest_due_job_timestamp_seconds', {}, secondsOf(truth.oldestDueAt));
    show('fulfillment_jobs_failed_recent', { window: '5m' }, truth.failed.last5m);
    show('fulfillment_jobs_failed_recent', { window: '1h' }, truth.failed.last1h);
    show('fulfillment_jobs_failed_recent', { window: '24h' }, truth.failed.last24h);
    show('fulfillment_jobs_failed_unattended', {}, truth.failed.unattended);
  }

  function showOutside(truth: DatabaseTruth): void {
    show('fulfillment_webhooks_quarantined', {}, truth.quarantined);
    show('fulfillment_webhook_last_received_timestamp_seconds', {}, secondsOf(truth.lastWebhookAt));
    show('fulfillment_webhook_silent', {}, asNumber(truth.webhooksSilent));
    clear('fulfillment_provider_circuit_state');
    clear('fulfillment_provider_paused');
    for (const { provider, state, paused } of truth.circuits) {
      show('fulfillment_provider_circuit_state', { provider }, circuitValues[state]);
      show('fulfillment_provider_paused', { provider }, asNumber(paused));
    }
    for (const why of gateClosers)
      show('fulfillment_mail_gate_closed', { why }, asNumber(truth.mailGate.why === why));
    show('fulfillment_mails_held', {}, truth.mailGate.held);
    show('fulfillment_mails_unproven', {}, truth.mailsUnproven);
    show('fulfillment_catch_up_last_success_timestamp_seconds', {}, secondsOf(truth.caughtUpAt));
    show('fulfillment_reconciliation_last_success_timestamp_seconds', {}, secondsOf(truth.reconciledAt));
    show('fulfillment_reconciliation_findings', {}, truth.findings);
  }

  function showHouse(truth: DatabaseTruth): void {
    show('fulfillment_workers_alive', {}, truth.workers.alive);
    show('fulfillment_worker_last_beat_timestamp_seconds', {}, secondsOf(truth.workers.lastSeenAt));
    show('fulfillment_event_partitions_ahead', {}, truth.partitionsAhead);
    show('fulfillment_upkeep_last_success_timestamp_seconds', {}, secondsOf(truth.upkeepAt));
    show('fulfillment_audit_chain_broken', {}, asNumber(truth.auditBroken));
    show('fulfillment_alerts_open', { severity: 'page' }, truth.alerts.page);
    show('fulfillment_alerts_open', { severity: 'ticket' }, truth.alerts.ticket);
    showDelivery(truth);
  }

  function showDelivery({ undelivered, channelTests, sentinelAt }: DatabaseTruth): void {
    const since = undelivered.map((channel) => channel.since.getTime() / 1000);
    show(
      'fulfillment_alert_deliveries_pending',
      {},
      undelivered.reduce((sum, { count }) => sum + count, 0),
    );
    show(
      'fulfillment_oldest_pending_alert_delivery_timestamp_seconds',
      {},
      since.length > 0 ? Math.min(...since) : 0,
    );
    for (const { channel, succeededAt } of channelTests)
      show('fulfillment_alert_test_last_success_timestamp_seconds', { channel }, secondsOf(succeededAt));
    show('fulfillment_sentinel_last_evaluation_timestamp_seconds', {}, secondsOf(sentinelAt));
  }
}
