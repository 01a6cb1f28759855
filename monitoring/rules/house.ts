import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, silentFor, truth, waitingSince } from '../expressions.ts';
import type { AlertRule } from './rule.ts';

/** Without one of these some rule is blind. */
const needed = [
  'fulfillment_jobs_active',
  'fulfillment_oldest_open_job_deadline_timestamp_seconds',
  'fulfillment_jobs_failed_recent',
  'fulfillment_sla_jobs_total',
  'fulfillment_collector_last_success_timestamp_seconds',
];

/** Rules about the house itself. */
export const houseRules: readonly AlertRule[] = [
  {
    alert: 'FulfillmentWorkersGone',
    rule: 'workers_gone',
    severity: 'critical',
    expr: `${silentFor('fulfillment_worker_last_beat_timestamp_seconds')} > ${seconds(guardrails.workerSilentMs)}`,
    summary: 'No worker has given a sign of life for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-house',
  },
  {
    alert: 'FulfillmentUpkeepOverdue',
    rule: 'upkeep_overdue',
    severity: 'warning',
    expr: `${silentFor('fulfillment_upkeep_last_success_timestamp_seconds')} > ${seconds(guardrails.dailyOverdueMs)}`,
    summary: 'A daily duty has not been done for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-house',
  },
  {
    alert: 'FulfillmentPartitionsShort',
    rule: 'partitions_short',
    severity: 'warning',
    expr: `${truth('fulfillment_event_partitions_ahead')} < ${guardrails.partitionsAheadMin}`,
    summary: `The timeline has partitions for {{ $value }} months ahead, fewer than ${guardrails.partitionsAheadMin}`,
    dashboard: 'fulfillment-house',
  },
  {
    alert: 'FulfillmentAuditChainBroken',
    rule: 'audit_chain_broken',
    severity: 'critical',
    expr: `${truth('fulfillment_audit_chain_broken')} > 0`,
    summary: 'The chain of the audit is broken: rows were changed, removed or put in',
    dashboard: 'fulfillment-house',
  },
  {
    alert: 'FulfillmentAlertDeliveryFailing',
    rule: 'alert_delivery_failing',
    severity: 'critical',
    expr: `${waitingSince('fulfillment_oldest_pending_alert_delivery_timestamp_seconds')} > ${seconds(guardrails.deliveryWaitMs)}`,
    summary: 'An alert of the sentinel has reached nobody for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-alerting',
  },
  {
    alert: 'FulfillmentSentinelGone',
    rule: 'sentinel_gone',
    severity: 'critical',
    expr: `${silentFor('fulfillment_sentinel_last_evaluation_timestamp_seconds')} > ${seconds(guardrails.sentinelSilentMs)}`,
    summary: 'The sentinel has not looked for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-alerting',
  },
  {
    // `max` takes the labels of the selectors away, so that it is one alert whatever is missing.
    alert: 'FulfillmentMetricsAbsent',
    rule: 'metrics_absent',
    severity: 'critical',
    expr: `max(${needed.map((name) => `absent(${name})`).join(' or ')})`,
    for: '1m',
    summary: 'Metrics of the fulfillment are missing: the alerts made from them are blind',
    dashboard: 'fulfillment-alerting',
  },
  {
    alert: 'FulfillmentCollectorStale',
    rule: 'collector_stale',
    severity: 'critical',
    expr: `time() - max(fulfillment_collector_last_success_timestamp_seconds) > ${seconds(guardrails.collectorStaleMs)}`,
    summary: `No process has read the database for its metrics for ${seconds(guardrails.collectorStaleMs)} s`,
    dashboard: 'fulfillment-alerting',
  },
];
