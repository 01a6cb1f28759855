import { annotationsOf, labelsOf, runbookOf } from '../rules/rule.ts';
import { alertRules } from '../rules/files.ts';

/** What a case shows of an alert. Each alert has a case of each, or a reason why there is none. */
export const aspects = [
  'just below',
  'just above',
  'resolve',
  'two replicas',
  'restart',
  'late-born series',
  'frozen exporter',
  'absent exporter',
] as const;
export type Aspect = (typeof aspects)[number];

/** An alert that fires: its text, and the labels of its series. */
export interface Firing {
  summary: string;
  labels?: Record<string, string>;
}

export interface RuleCase {
  name: string;
  alert: string;
  shows: readonly Aspect[];
  /** Values by series, in promtool's notation. */
  series: Readonly<Record<string, string>>;
  /** Times, and what fires then. */
  at: ReadonlyArray<readonly [time: string, firing: readonly Firing[]]>;
  /** Another alert that has to stand in for this one. */
  also?: ReadonlyArray<readonly [time: string, alert: string, firing: readonly Firing[]]>;
  /** Expressions at times that no evaluation falls on. */
  probes?: ReadonlyArray<{ expr: string; at: string; value: number | null }>;
}

export const absent: Firing = {
  summary: 'Metrics of the fulfillment are missing: the alerts made from them are blind',
};

function ruleOf(alert: string) {
  const rule = alertRules.find((each) => each.alert === alert);
  if (!rule) throw new Error(`There is no alert ${alert}.`);
  return rule;
}

function expectation(alert: string, at: string, firing: readonly Firing[]) {
  const rule = ruleOf(alert);
  return {
    eval_time: at,
    alertname: alert,
    exp_alerts: firing.map(({ summary, labels }) => ({
      exp_labels: { ...labelsOf(rule), ...labels },
      exp_annotations: { ...annotationsOf(rule), summary, runbook_url: runbookOf(rule.rule) },
    })),
  };
}

/** A case as promtool reads it. */
export const caseDocument = (each: RuleCase, interval: string) => ({
  name: `${each.alert}: ${each.name}`,
  interval,
  input_series: Object.entries(each.series).map(([series, values]) => ({ series, values })),
  alert_rule_test: [
    ...each.at.map(([time, firing]) => expectation(each.alert, time, firing)),
    ...(each.also ?? []).map(([time, alert, firing]) => expectation(alert, time, firing)),
  ],
  ...(each.probes && {
    promql_expr_test: each.probes.map(({ expr, at, value }) => ({
      expr,
      eval_time: at,
      exp_samples: value === null ? [] : [{ labels: '{}', value }],
    })),
  }),
});

/** A series of a process. */
export const of = (replica: string, name: string, labels = ''): string =>
  `${name}{job="fulfillment",instance="${replica}"${labels && `,${labels}`}}`;

export const collected = 'fulfillment_collector_last_success_timestamp_seconds';
