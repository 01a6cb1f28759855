import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, silentFor, truth, truthBy, waitingSince } from '../expressions.ts';
import { type DashboardSpec, type RowSpec, units } from './panel.ts';
import { grownBy, perSecond } from './queries.ts';

const alarms: RowSpec = {
  title: 'Alarms',
  panels: [
    {
      title: 'Firing in Prometheus',
      description: 'Alerts by name and severity. The Watchdog is always there.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'watchdog',
      targets: [
        {
          expr: 'count by (alertname, severity) (ALERTS{alertstate="firing",service="fulfillment"})',
          legend: '{{alertname}} ({{severity}})',
          returns: { '{alertname="Seeded", severity="critical"}': 1 },
        },
      ],
    },
    {
      title: 'Open in the service',
      description: 'Alerts of the sentinel and of the workers that are not over, by severity.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'alert_delivery_failing',
      targets: [
        {
          expr: truthBy('fulfillment_alerts_open', 'severity'),
          legend: '{{severity}}',
          returns: { '{severity="page"}': 1, '{severity="ticket"}': 2 },
        },
      ],
    },
  ],
};

const sentinel: RowSpec = {
  title: 'The sentinel',
  panels: [
    {
      title: 'The last look',
      description: 'How long ago a sentinel looked at every rule. It looks each 15 seconds.',
      kind: 'number',
      unit: units.seconds,
      width: 6,
      rule: 'sentinel_gone',
      thresholds: [[seconds(guardrails.sentinelSilentMs), 'red']],
      none: 'never',
      targets: [
        {
          expr: silentFor('fulfillment_sentinel_last_evaluation_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
      ],
    },
    {
      title: 'Not yet delivered',
      description: 'Alerts that have still to reach somebody, and for how long the oldest waits.',
      kind: 'number',
      unit: units.count,
      width: 6,
      rule: 'alert_delivery_failing',
      thresholds: [[1, 'yellow']],
      targets: [
        { expr: truth('fulfillment_alert_deliveries_pending'), legend: 'alerts', returns: { '{}': 1 } },
      ],
    },
    {
      title: 'The longest undelivered',
      description: 'For how long the oldest alert waits for its delivery.',
      kind: 'number',
      unit: units.seconds,
      width: 6,
      rule: 'alert_delivery_failing',
      thresholds: [[seconds(guardrails.deliveryWaitMs), 'red']],
      none: 'nothing waits',
      targets: [
        {
          expr: waitingSince('fulfillment_oldest_pending_alert_delivery_timestamp_seconds'),
          legend: 'waits',
          returns: { '{}': 37 },
        },
      ],
    },
    {
      title: 'The last proof of a channel',
      description: 'How long ago a test alert reached each channel. It is tried once a day.',
      kind: 'number',
      unit: units.seconds,
      width: 6,
      rule: 'alert_delivery_failing',
      thresholds: [[seconds(guardrails.dailyOverdueMs), 'red']],
      none: 'never',
      targets: [
        {
          expr: `time() - (${truthBy('fulfillment_alert_test_last_success_timestamp_seconds', 'channel')} > 0)`,
          legend: '{{channel}}',
          returns: { '{channel="pagerduty"}': 37, '{channel="slack"}': 67 },
        },
      ],
    },
    {
      title: 'Deliveries',
      description:
        'Attempts to tell people, by channel and result; dead_man are the beats that say all is well.',
      kind: 'time',
      unit: units.perSecond,
      width: 24,
      rule: 'alert_delivery_failing',
      targets: [
        {
          expr: perSecond('fulfillment_alert_deliveries_total', 'channel, result'),
          legend: '{{channel}}: {{result}}',
          returns: {
            '{channel="pagerduty", result="delivered"}': 2,
            '{channel="pagerduty", result="failed"}': 4,
            '{channel="slack", result="delivered"}': 6,
            '{channel="slack", result="failed"}': 8,
            '{channel="dead_man", result="delivered"}': 10,
            '{channel="dead_man", result="failed"}': 12,
          },
        },
      ],
    },
  ],
};

const sight: RowSpec = {
  title: 'Prometheus and Alertmanager',
  panels: [
    {
      title: 'Age of what the database said',
      description: 'Per process, how old the truth in its metrics is.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'collector_stale',
      thresholds: [[seconds(guardrails.collectorStaleMs), 'red']],
      targets: [
        {
          expr: 'time() - max by (instance) (fulfillment_collector_last_success_timestamp_seconds)',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 7, '{instance="b"}': 7 },
        },
        {
          expr: 'max(fulfillment_collector_duration_seconds)',
          legend: 'a look takes',
          returns: { '{}': 10 },
        },
      ],
    },
    {
      title: 'Looks that failed',
      description: 'Times that the database could not be read for metrics, within 5 minutes.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'collector_stale',
      targets: [
        {
          expr: grownBy('fulfillment_collector_failures_total', '5m'),
          legend: 'looks',
          returns: { '{}': 600 },
        },
      ],
    },
    {
      title: 'Targets that answer',
      description: 'By job: the fulfillment, Prometheus itself, Alertmanager.',
      kind: 'time',
      unit: units.count,
      width: 8,
      rule: 'target_down',
      targets: [
        {
          expr: 'sum by (job) (up)',
          legend: '{{job}}',
          returns: { '{job="fulfillment"}': 2, '{job="prometheus"}': 1, '{job="alertmanager"}': 1 },
        },
        {
          expr: 'max(prometheus_notifications_alertmanagers_discovered)',
          legend: 'Alertmanagers known',
          returns: { '{}': 1 },
        },
      ],
    },
    {
      title: 'Troubles of Prometheus',
      description: 'Rules that could not be evaluated and notifications that were dropped, within 5 minutes.',
      kind: 'time',
      unit: units.count,
      width: 8,
      rule: 'rules_failing',
      thresholds: [[1, 'red']],
      targets: [
        {
          expr: grownBy('prometheus_rule_evaluation_failures_total', '5m'),
          legend: 'rules failed',
          returns: { '{}': 300 },
        },
        {
          expr: grownBy('prometheus_notifications_dropped_total', '5m'),
          legend: 'notifications dropped',
          returns: { '{}': 300 },
        },
      ],
    },
    {
      title: 'Notifications of Alertmanager',
      description: 'What it sent and what failed within 5 minutes, by where to.',
      kind: 'time',
      unit: units.count,
      width: 8,
      rule: 'alertmanager_notifications_failing',
      targets: [
        {
          expr: grownBy('alertmanager_notifications_total', '5m', 'integration'),
          legend: '{{integration}}',
          returns: { '{integration="pagerduty"}': 300, '{integration="slack"}': 600 },
        },
        {
          expr: grownBy('alertmanager_notifications_failed_total', '5m', 'integration'),
          legend: '{{integration}} failed',
          returns: { '{integration="pagerduty"}': 300, '{integration="slack"}': 600 },
        },
      ],
    },
  ],
};

/** Whether an alarm would be heard. */
export const alertingHealth: DashboardSpec = {
  uid: 'fulfillment-alerting',
  title: 'Fulfillment: alerting',
  description: 'Would an alarm be heard? Both paths, and what watches them.',
  rows: [alarms, sentinel, sight],
};
