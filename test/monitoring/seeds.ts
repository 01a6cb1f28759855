import { metricRegistry } from '../../src/telemetry/metricRegistry.ts';
import type { LabelValues, MetricDefinition } from '../../src/telemetry/metrics/definition.ts';

/** Metrics of others that rules and dashboards ask for, with their labels. */
export const foreignMetrics: Readonly<
  Record<string, { type: MetricDefinition['type']; labels: readonly string[] }>
> = {
  up: { type: 'gauge', labels: [] },
  ALERTS: { type: 'gauge', labels: ['alertname', 'alertstate', 'severity', 'service', 'rule'] },
  process_cpu_seconds_total: { type: 'counter', labels: [] },
  process_resident_memory_bytes: { type: 'gauge', labels: [] },
  process_start_time_seconds: { type: 'gauge', labels: [] },
  nodejs_eventloop_lag_p99_seconds: { type: 'gauge', labels: [] },
  prometheus_rule_evaluation_failures_total: { type: 'counter', labels: ['rule_group'] },
  prometheus_notifications_dropped_total: { type: 'counter', labels: ['alertmanager'] },
  prometheus_notifications_alertmanagers_discovered: { type: 'gauge', labels: [] },
  prometheus_config_last_reload_successful: { type: 'gauge', labels: [] },
  alertmanager_config_last_reload_successful: { type: 'gauge', labels: [] },
  alertmanager_notifications_total: { type: 'counter', labels: ['integration'] },
  alertmanager_notifications_failed_total: { type: 'counter', labels: ['integration'] },
};

/** Series with their values in promtool's notation, for an hour of scrapes every 15 seconds. */
export type Seeds = Record<string, string>;

/** In seconds: an hour, and off the scrape grid. */
export const lookedAtSeconds = 3_607;
const lastScrape = 3_600;
const scrapes = 240;
const replicas = ['a', 'b'];

const sampleValues: Readonly<Record<string, readonly string[]>> = {
  steps: ['issue_receipt', 'send_receipt_email'],
  steps_or_none: ['issue_receipt', 'send_receipt_email'],
  providers: ['smtp', 'stripe'],
  sources: ['journal', 'bounces'],
  version: ['1.2.3'],
};

/** Of long lists the first two: enough to see what is told apart. */
function valuesOf(values: LabelValues): readonly string[] {
  if (typeof values === 'string') return sampleValues[values] ?? ['some'];
  return values.length > 4 ? values.slice(0, 2) : values;
}

function combinationsOf({ labels }: MetricDefinition): string[][] {
  let all: string[][] = [[]];
  for (const [label, values] of Object.entries(labels))
    all = all.flatMap((before) => valuesOf(values).map((value) => [...before, `${label}="${value}"`]));
  return all;
}

const constant = (value: number): string => `${value}x${scrapes}`;
/** So many a second. */
const growing = (rate: number): string => `0+${rate * 15}x${scrapes}`;
const seriesOf = (name: string, labels: readonly string[]): string => `${name}{${labels.join(',')}}`;

/**
 * A metric's series on two replicas. Of its n-th combination of labels: a counter grows by n a second; a gauge is n, or
 * ten times that on the second replica where each has its own; a switch is on for the first; a time is n half minutes
 * before the last scrape; all that a histogram counts is in its fourth bucket.
 */
function seedsOf(name: string, definition: MetricDefinition): Seeds {
  const seeds: Seeds = {};
  combinationsOf(definition).forEach((labels, place) => {
    replicas.forEach((instance, replica) => {
      const all = ['job="fulfillment"', `instance="${instance}"`, ...labels];
      if (definition.type === 'histogram') Object.assign(seeds, histogram(name, definition, all, place));
      else seeds[seriesOf(name, all)] = valueOf(definition, place, replica);
    });
  });
  return seeds;
}

function valueOf({ type, unit, source }: MetricDefinition, place: number, replica: number): string {
  const nth = place + 1;
  if (type === 'counter') return growing(nth);
  if (unit === 'timestamp') return source === 'process' ? growing(1) : constant(lastScrape - 30 * nth);
  if (unit === 'yes_no') return constant(place === 0 ? 1 : 0);
  return constant(source === 'process' && replica === 1 ? 10 * nth : nth);
}

function histogram(name: string, { buckets = [] }: MetricDefinition, labels: string[], place: number): Seeds {
  const seeds: Seeds = {};
  [...buckets, '+Inf'].forEach((le, bucket) => {
    seeds[seriesOf(`${name}_bucket`, [...labels, `le="${le}"`])] = growing(bucket < 3 ? 0 : place + 1);
  });
  seeds[seriesOf(`${name}_count`, labels)] = growing(place + 1);
  seeds[seriesOf(`${name}_sum`, labels)] = growing(place + 1);
  return seeds;
}

const prometheus = 'job="prometheus",instance="c"';
const alertmanager = 'job="alertmanager",instance="d"';

function foreignSeeds(): Seeds {
  const seeds: Seeds = {
    'up{job="fulfillment",instance="a"}': constant(1),
    'up{job="fulfillment",instance="b"}': constant(1),
    [`up{${prometheus}}`]: constant(1),
    [`up{${alertmanager}}`]: constant(1),
    'ALERTS{alertname="Seeded",alertstate="firing",severity="critical",service="fulfillment",rule="seeded"}':
      constant(1),
    [`prometheus_rule_evaluation_failures_total{${prometheus},rule_group="some"}`]: growing(1),
    [`prometheus_notifications_dropped_total{${prometheus}}`]: growing(1),
    [`prometheus_notifications_alertmanagers_discovered{${prometheus}}`]: constant(1),
  };
  for (const name of [
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    replicas.forEach((instance, replica) => {
      seeds[`${name}{job="fulfillment",instance="${instance}"}`] = constant(replica === 0 ? 1 : 10);
    });
  for (const instance of replicas)
    seeds[`process_cpu_seconds_total{job="fulfillment",instance="${instance}"}`] = growing(1);
  for (const name of ['alertmanager_notifications_total', 'alertmanager_notifications_failed_total'])
    ['pagerduty', 'slack'].forEach((integration, place) => {
      seeds[`${name}{${alertmanager},integration="${integration}"}`] = growing(place + 1);
    });
  return seeds;
}

/** Seeds of every metric that rules and dashboards may ask for. */
export function allSeeds(): Seeds {
  const seeds = foreignSeeds();
  for (const [name, definition] of Object.entries<MetricDefinition>(metricRegistry))
    Object.assign(seeds, seedsOf(name, definition));
  return seeds;
}
