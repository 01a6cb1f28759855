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

const expectationsOf = ({ alert, at, also = [] }: RuleCase) => [
  ...at.map(([time, firing]) => expectation(alert, time, firing)),
  ...also.map(([time, other, firing]) => expectation(other, time, firing)),
];

const probesOf = ({ probes = [] }: RuleCase) =>
  probes.map(({ expr, at, value }) => ({
    expr,
    eval_time: at,
    exp_samples: value === null ? [] : [{ labels: '{}', value }],
  }));

/** Cases with one name over the same stretch of time, as promtool reads them: it evaluates all rules once for them all. */
export function caseDocument(cases: readonly RuleCase[], interval: string) {
  const series = Object.assign({}, ...cases.map((each) => each.series)) as RuleCase['series'];
  const probes = cases.flatMap(probesOf);
  return {
    name: `${cases.map(({ alert }) => alert).join(', ')}: ${cases[0]?.name}`,
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: cases.flatMap(expectationsOf),
    ...(probes.length > 0 && { promql_expr_test: probes }),
  };
}

/** Cases that can be seen together: of one name, and where they have a metric in common, it has the same values. */
export function together(cases: readonly RuleCase[]): RuleCase[][] {
  const groups: RuleCase[][] = [];
  for (const each of cases) {
    const group = groups.find((others) => others.every((other) => agree(each, other)));
    if (group) group.push(each);
    else groups.push([each]);
  }
  return groups;
}

function agree(one: RuleCase, other: RuleCase): boolean {
  if (one.name !== other.name || one.alert === other.alert) return false;
  const [mine, theirs] = [byMetric(one), byMetric(other)];
  return [...mine].every(([metric, text]) => (theirs.get(metric) ?? text) === text);
}

function byMetric({ series }: RuleCase): Map<string, string> {
  const metrics = new Map<string, string>();
  for (const [name, values] of Object.entries(series)) {
    const metric = name.slice(0, name.indexOf('{'));
    metrics.set(metric, `${metrics.get(metric) ?? ''}${name} ${values}\n`);
  }
  return metrics;
}

/** A series of a process. */
export const of = (replica: string, name: string, labels = ''): string =>
  `${name}{job="fulfillment",instance="${replica}"${labels && `,${labels}`}}`;

export const collected = 'fulfillment_collector_last_success_timestamp_seconds';
