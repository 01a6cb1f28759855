import { describe, expect, it } from 'vitest';
import { dashboards } from '../../monitoring/dashboards/dashboards.ts';
import { ruleFiles } from '../../monitoring/rules/files.ts';
import { metricRegistry } from '../../src/telemetry/metricRegistry.ts';
import type { MetricDefinition } from '../../src/telemetry/metrics/definition.ts';
import { readPromql } from './promql.ts';
import { foreignMetrics } from './seeds.ts';

const registry: Readonly<Record<string, MetricDefinition>> = metricRegistry;
const rules = Object.values(ruleFiles)
  .flat()
  .flatMap((group) => group.rules.map((rule) => ({ ...rule, group: group.name })));
const recorded = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));

const panels = dashboards.flatMap(({ uid, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ uid, ...panel }))),
);
const drawn = panels.flatMap(({ uid, title, targets }) =>
  targets.map(({ expr }) => [`${uid}: ${title}`, expr] as const),
);
const ruled = rules.map(
  (rule) => [`${rule.group}: ${'alert' in rule ? rule.alert : rule.record}`, rule.expr] as const,
);

/** Every scrape adds these. */
const ofScrapes = ['job', 'instance'];

const baseOf = (name: string): string => {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return registry[base]?.type === 'histogram' ? base : name;
};

/** Labels that a metric has; undefined when there is no such metric. */
function labelsOf(name: string): readonly string[] | undefined {
  const own = registry[baseOf(name)];
  if (own) return [...Object.keys(own.labels), ...(name.endsWith('_bucket') ? ['le'] : [])];
  return recorded.includes(name) ? ['state', 'step'] : foreignMetrics[name]?.labels;
}

function troublesOf(expr: string): string[] {
  const { metrics, groups } = readPromql(expr);
  const known = new Set([...ofScrapes, ...metrics.flatMap(({ name }) => labelsOf(name) ?? [])]);
  return [
    ...metrics.filter(({ name }) => !labelsOf(name)).map(({ name }) => `no metric ${name}`),
    ...groups.filter((label) => !known.has(label)).map((label) => `no label ${label} to group by`),
    ...metrics.flatMap(({ name, selects }) => selects.flatMap((select) => troublesOfSelect(name, select))),
  ];
}

function troublesOfSelect(name: string, { label, values }: { label: string; values: string[] }): string[] {
  if (![...ofScrapes, ...(labelsOf(name) ?? [])].includes(label)) return [`${name} has no label ${label}`];
  const list = registry[baseOf(name)]?.labels[label];
  if (list === undefined || typeof list === 'string') return [];
  return values.filter((value) => !list.includes(value)).map((value) => `${name} has no ${label}="${value}"`);
}

describe('every metric, label and value exists that is asked for by', () => {
  it.each([...ruled, ...drawn])('%s', (_where, expr) => {
    expect(troublesOf(expr)).toEqual([]);
  });

  it('and what does not is found', () => {
    expect(troublesOf('sum by (stat) (fulfillment_jobs_activ)')).toEqual([
      'no metric fulfillment_jobs_activ',
      'no label stat to group by',
    ]);
    expect(
      troublesOf('fulfillment_jobs_failed_recent{window="2h"} or fulfillment_mails_held{why="brake"}'),
    ).toEqual([
      'fulfillment_jobs_failed_recent has no window="2h"',
      'fulfillment_mails_held has no label why',
    ]);
  });
});

describe('every metric of the product', () => {
  const asked = new Set(
    drawn.flatMap(([, expr]) => readPromql(expr).metrics.map(({ name }) => baseOf(name))),
  );

  it.each(Object.keys(registry))('%s is drawn somewhere', (name) => {
    expect(asked.has(name)).toBe(true);
  });
});

describe('truth of the database', () => {
  const ofDatabase = (name: string) => registry[name]?.source === 'database';

  it('is never added up over replicas, neither by rules nor by panels', () => {
    const sums = [...ruled, ...drawn].filter(([, expr]) =>
      [...expr.matchAll(/\bsum(?:\s+by\s*\([^)]*\))?\s*\((?:rate\(|increase\()?(\w+)/g)].some(
        ([, name = '']) => ofDatabase(name),
      ),
    );
    expect(sums).toEqual([]);
  });
});

describe('counters', () => {
  it('are asked for their growth only', () => {
    const bare = [...ruled, ...drawn].filter(([, expr]) =>
      readPromql(expr).metrics.some(
        ({ name }) =>
          registry[name]?.type === 'counter' &&
          !new RegExp(`(rate|increase)\\(${name}(\\{[^}]*\\})?\\[|absent\\(${name}\\)`).test(expr),
      ),
    );
    expect(bare).toEqual([]);
  });
});
