/** What an alert is about and whom it calls. */
export interface AlertRule {
  alert: string;
  /** Its id in every house: label of the alert, row of the sentinel, section of the runbook. */
  rule: string;
  /** `critical` calls a person, `warning` waits for one, `none` is for machines. */
  severity: 'critical' | 'warning' | 'none';
  expr: string;
  for?: string;
  keepFiringFor?: string;
  /** Ids and counts only: it leaves the house. */
  summary: string;
  dashboard: DashboardUid;
}

export interface RecordingRule {
  record: string;
  expr: string;
}

export interface RuleGroup {
  name: string;
  interval?: string;
  rules: ReadonlyArray<AlertRule | RecordingRule>;
}

export const dashboardUids = [
  'fulfillment-overview',
  'fulfillment-steps',
  'fulfillment-intake',
  'fulfillment-house',
  'fulfillment-alerting',
] as const;
export type DashboardUid = (typeof dashboardUids)[number];

const runbook = 'docs/runbooks/ebooks-fulfillment.md';

/** Section of the runbook about a rule. */
export const runbookOf = (rule: string): string => `${runbook}#${rule}`;

/** Labels that every notification of an alert carries beside those of its series. */
export const labelsOf = ({ severity, rule }: AlertRule) => ({ severity, service: 'fulfillment', rule });

export const annotationsOf = ({ summary, rule, dashboard }: AlertRule) => ({
  summary,
  runbook_url: runbookOf(rule),
  dashboard,
});

/** A group as Prometheus reads it. */
export const groupDocument = ({ name, interval, rules }: RuleGroup) => ({
  name,
  ...(interval && { interval }),
  rules: rules.map((rule) => ('alert' in rule ? alertDocument(rule) : rule)),
});

const alertDocument = (rule: AlertRule) => ({
  alert: rule.alert,
  expr: rule.expr,
  ...(rule.for && { for: rule.for }),
  ...(rule.keepFiringFor && { keep_firing_for: rule.keepFiringFor }),
  labels: labelsOf(rule),
  annotations: annotationsOf(rule),
});
