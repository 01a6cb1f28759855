import type { RuleCase } from './case.ts';

const of = (instance: string, name: string, labels = '', job = 'prometheus'): string =>
  `${name}{job="${job}",instance="${instance}"${labels && `,${labels}`}}`;

interface Grows {
  alert: string;
  metric: string;
  labels?: string;
  summary: string;
  seriesLabels?: Record<string, string>;
}

/** An alert on a counter that should never grow. */
function countedCases({ alert, metric, labels, summary, seriesLabels }: Grows): RuleCase[] {
  const firing = [{ summary, ...(seriesLabels && { labels: seriesLabels }) }];
  const a = of('a', metric, labels);
  const b = of('b', metric, labels);
  return [
    {
      name: 'quiet while it stands, fires when it grows, once for two replicas, and resolves',
      alert,
      shows: ['just below', 'just above', 'resolve', 'two replicas'],
      series: { [a]: '7x39 8x60', [b]: '7x39 8x60' },
      at: [
        ['9m58s', []],
        ['10m9s', firing],
        ['15m24s', []],
      ],
    },
    {
      name: 'a restart that counts from 0 again is no growth',
      alert,
      shows: ['restart'],
      series: { [a]: '7x39 0x60' },
      at: [['10m9s', []]],
    },
    {
      name: 'a series that is there from the start with 0 is seen to grow',
      alert,
      shows: ['late-born series'],
      series: { [a]: '_x30 0x8 1x60' },
      at: [['10m9s', firing]],
    },
    {
      name: 'an exporter that is frozen or gone says nothing: the Watchdog is missed then',
      alert,
      shows: ['frozen exporter', 'absent exporter'],
      series: { [a]: '7x80', [b]: '7x20 stale' },
      at: [['10m9s', []]],
    },
  ];
}

interface State {
  alert: string;
  metric: string;
  job?: string;
  good: number;
  bad: number;
  summary: string;
  seriesLabels?: Record<string, string>;
  /** When it is told that it is bad since the fifth minute, and just before. */
  quiet?: string;
  fires?: string;
  /** How many of several it takes. */
  any: boolean;
}

/** An alert on a gauge that has one good value. */
function stateCases(state: State): RuleCase[] {
  const { alert, metric, job, good, bad, summary, seriesLabels, any } = state;
  const firing = [{ summary, ...(seriesLabels && { labels: seriesLabels }) }];
  const series = (replica: string) => of(replica, metric, '', job);
  return [
    {
      name: 'quiet while it is well, fires when it is not, and resolves',
      alert,
      shows: ['just below', 'just above', 'resolve'],
      series: { [series('a')]: `${good}x19 ${bad}x19 ${good}x40` },
      at: [
        [state.quiet ?? '4m58s', []],
        [state.fires ?? '5m9s', firing],
        ['10m11s', []],
      ],
    },
    {
      name: any ? 'one of two is enough to fire' : 'one of two that is well is enough',
      alert,
      shows: ['two replicas'],
      series: { [series('a')]: `${bad}x80`, [series('b')]: `${good}x80` },
      at: [['9m9s', any ? firing : []]],
    },
    {
      name: 'a restart, and a series that is born with its trouble',
      alert,
      shows: ['restart', 'late-born series'],
      series: { [series('a')]: `_x9 ${bad}x9 stale ${bad}x80` },
      at: [['9m9s', firing]],
    },
    {
      name: 'an exporter that is gone says nothing: the Watchdog is missed then',
      alert,
      shows: ['absent exporter', 'frozen exporter'],
      series: { [series('a')]: `${good}x9 stale` },
      at: [['9m9s', []]],
    },
  ];
}

const later = { quiet: '5m55s', fires: '6m10s' };

/** Cases of `self.rules.yml`. */
export const selfCases: readonly RuleCase[] = [
  {
    name: 'fires whatever there is',
    alert: 'Watchdog',
    shows: ['just above', 'absent exporter', 'frozen exporter', 'restart'],
    series: {},
    at: [
      ['0s', [{ summary: 'Always firing; its absence at the receiver is the alarm' }]],
      ['9m9s', [{ summary: 'Always firing; its absence at the receiver is the alarm' }]],
    ],
  },
  ...countedCases({
    alert: 'PrometheusRulesFailing',
    metric: 'prometheus_rule_evaluation_failures_total',
    labels: 'rule_group="fulfillment.jobs"',
    summary: 'Prometheus cannot evaluate some of its rules',
  }),
  ...countedCases({
    alert: 'PrometheusNotificationsDropped',
    metric: 'prometheus_notifications_dropped_total',
    summary: 'Prometheus has dropped alerts that no Alertmanager took',
  }),
  ...countedCases({
    alert: 'AlertmanagerNotificationsFailing',
    metric: 'alertmanager_notifications_failed_total',
    labels: 'integration="pagerduty"',
    summary: 'Alertmanager could not notify pagerduty',
    seriesLabels: { integration: 'pagerduty' },
  }),
  ...stateCases({
    alert: 'PrometheusConfigRefused',
    metric: 'prometheus_config_last_reload_successful',
    good: 1,
    bad: 0,
    summary: 'Prometheus runs on an older configuration: the last one could not be read',
    any: true,
  }),
  ...stateCases({
    alert: 'AlertmanagerConfigRefused',
    metric: 'alertmanager_config_last_reload_successful',
    good: 1,
    bad: 0,
    summary: 'Alertmanager runs on an older configuration: the last one could not be read',
    any: true,
  }),
  ...stateCases({
    alert: 'PrometheusWithoutAlertmanager',
    metric: 'prometheus_notifications_alertmanagers_discovered',
    good: 1,
    bad: 0,
    summary: 'Prometheus has no Alertmanager that answers',
    ...later,
    any: false,
  }),
  ...stateCases({
    alert: 'PrometheusWithoutAlertmanager',
    metric: 'up',
    job: 'alertmanager',
    good: 1,
    bad: 0,
    summary: 'Prometheus has no Alertmanager that answers',
    ...later,
    any: false,
  }),
  ...stateCases({
    alert: 'FulfillmentTargetDown',
    metric: 'up',
    job: 'fulfillment',
    good: 1,
    bad: 0,
    summary: 'Process a does not answer Prometheus',
    seriesLabels: { job: 'fulfillment', instance: 'a' },
    ...later,
    any: true,
  }),
];
