import type { AlertRule } from './rule.ts';

const alerting = { dashboard: 'fulfillment-alerting' } as const;

/** Rules about Prometheus and Alertmanager. Where they are watched by others already, this file can be left out but for the Watchdog. */
export const selfRules: readonly AlertRule[] = [
  {
    ...alerting,
    alert: 'Watchdog',
    rule: 'watchdog',
    severity: 'none',
    expr: 'vector(1)',
    summary: 'Always firing; its absence at the receiver is the alarm',
  },
  {
    ...alerting,
    alert: 'FulfillmentTargetDown',
    rule: 'target_down',
    severity: 'warning',
    expr: 'up{job="fulfillment"} == 0',
    for: '1m',
    summary: 'Process {{ $labels.instance }} does not answer Prometheus',
  },
  {
    ...alerting,
    alert: 'PrometheusRulesFailing',
    rule: 'rules_failing',
    severity: 'critical',
    expr: 'sum(increase(prometheus_rule_evaluation_failures_total[5m])) > 0',
    summary: 'Prometheus cannot evaluate some of its rules',
  },
  {
    ...alerting,
    alert: 'PrometheusNotificationsDropped',
    rule: 'notifications_dropped',
    severity: 'critical',
    expr: 'sum(increase(prometheus_notifications_dropped_total[5m])) > 0',
    summary: 'Prometheus has dropped alerts that no Alertmanager took',
  },
  {
    ...alerting,
    alert: 'PrometheusWithoutAlertmanager',
    rule: 'alertmanager_gone',
    severity: 'critical',
    expr: 'max(prometheus_notifications_alertmanagers_discovered) < 1 or max(up{job="alertmanager"}) == 0',
    for: '1m',
    summary: 'Prometheus has no Alertmanager that answers',
  },
  {
    ...alerting,
    alert: 'PrometheusConfigRefused',
    rule: 'prometheus_config',
    severity: 'warning',
    expr: 'min(prometheus_config_last_reload_successful) == 0',
    summary: 'Prometheus runs on an older configuration: the last one could not be read',
  },
  {
    ...alerting,
    alert: 'AlertmanagerConfigRefused',
    rule: 'alertmanager_config',
    severity: 'warning',
    expr: 'min(alertmanager_config_last_reload_successful) == 0',
    summary: 'Alertmanager runs on an older configuration: the last one could not be read',
  },
  {
    ...alerting,
    alert: 'AlertmanagerNotificationsFailing',
    rule: 'alertmanager_notifications_failing',
    severity: 'critical',
    expr: 'sum by (integration) (increase(alertmanager_notifications_failed_total[5m])) > 0',
    summary: 'Alertmanager could not notify {{ $labels.integration }}',
  },
];
