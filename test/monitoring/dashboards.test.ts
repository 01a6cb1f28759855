import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { dashboards } from '../../monitoring/dashboards/dashboards.ts';
import { dashboardUids } from '../../monitoring/rules/rule.ts';
import { alertRules } from '../../monitoring/rules/files.ts';
import { guardrails } from '../../src/domain/guardrails.ts';
import { allSeeds, lookedAtSeconds } from './seeds.ts';
import { missing, monitoring, runTool, withFiles } from './tools.ts';

const source = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const place = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const row = z.looseObject({ type: z.literal('row'), id: z.int(), title: z.string().min(3), gridPos: place });
const panel = z.looseObject({
  type: z.enum(['timeseries', 'stat']),
  id: z.int(),
  title: z.string().min(3),
  description: z.string().min(20),
  gridPos: place,
  datasource: source,
  links: z
    .array(z.looseObject({ type: z.literal('link'), url: z.string().startsWith('${runbook}#') }))
    .min(1),
  targets: z
    .array(
      z.looseObject({
        datasource: source,
        expr: z.string().min(3),
        legendFormat: z.string().min(1),
        refId: z.string().regex(/^[A-Z]$/),
      }),
    )
    .min(1),
  fieldConfig: z.looseObject({
    defaults: z.looseObject({
      unit: z.string().min(1),
      thresholds: z.strictObject({
        mode: z.literal('absolute'),
        steps: z.array(z.looseObject({ value: z.number().nullable(), color: z.string() })).min(1),
      }),
    }),
  }),
});
const document = z.looseObject({
  uid: z.string().max(40),
  title: z.string().min(3),
  description: z.string().min(20),
  editable: z.literal(false),
  schemaVersion: z.int().min(36),
  panels: z.array(z.union([row, panel])).min(3),
  templating: z.looseObject({
    list: z.array(z.looseObject({ type: z.string(), name: z.string() })),
  }),
});

const documents = dashboards.map(({ uid }) =>
  document.parse(JSON.parse(readFileSync(join(monitoring, 'grafana', `${uid}.json`), 'utf8'))),
);
const panelsOf = ({ panels }: z.infer<typeof document>) =>
  panels.filter((each): each is z.infer<typeof panel> => each.type !== 'row');

describe('a dashboard', () => {
  it('is there for every uid that alerts name, and has one of its own', () => {
    expect(documents.map(({ uid }) => uid)).toEqual([...dashboardUids]);
  });

  it.each(documents.map((each) => [each.uid, each] as const))(
    '%s has panels with ids and names of their own',
    (_uid, each) => {
      const ids = each.panels.map(({ id }) => id);
      const titles = each.panels.map(({ title }) => title);
      expect(ids).toEqual([...new Set(ids)]);
      expect(titles).toEqual([...new Set(titles)]);
    },
  );

  it.each(documents.map((each) => [each.uid, each] as const))(
    '%s fits 24 columns, and nothing lies on anything',
    (_uid, each) => {
      const taken = new Map<string, string>();
      const overlaps: string[] = [];
      for (const { title, gridPos } of each.panels)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            const before = taken.get(`${x} ${y}`);
            if (before !== undefined || x > 23) overlaps.push(`${title} on ${before ?? 'the edge'}`);
            taken.set(`${x} ${y}`, title);
          }
      expect(overlaps).toEqual([]);
    },
  );

  it.each(documents.map((each) => [each.uid, each] as const))(
    '%s asks only for variables that it has',
    (_uid, each) => {
      const has = new Set(each.templating.list.map(({ name }) => name));
      const text = JSON.stringify(each.panels);
      const asked = [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
      expect(asked.filter((name) => !has.has(name) && name !== '__rate_interval')).toEqual([]);
    },
  );

  it('links to sections of the runbook that are there', () => {
    const rules = new Set(alertRules.map(({ rule }): string => rule));
    const anchors = documents.flatMap((each) =>
      panelsOf(each).flatMap(({ links }) => links.map(({ url }) => url.split('#')[1] ?? '')),
    );
    expect(anchors.filter((anchor) => !rules.has(anchor))).toEqual([]);
  });

  it('draws the lines where the alarms ring', () => {
    const redOf = (title: string) =>
      documents
        .flatMap(panelsOf)
        .find((each) => each.title === title)
        ?.fieldConfig.defaults.thresholds.steps.find(({ color }) => color === 'red')?.value;
    expect(redOf('Failed within an hour')).toBe(guardrails.failuresInHourMax + 1);
    expect(redOf('The last beat')).toBe(guardrails.workerSilentMs / 1000);
    expect(redOf('The last look')).toBe(guardrails.sentinelSilentMs / 1000);
    expect(redOf('The last reconciliation')).toBe(guardrails.dailyOverdueMs / 1000);
  });
});

describe('provisioning', () => {
  it('reads the dashboards from files', () => {
    const read = (name: string): unknown =>
      parse(readFileSync(join(monitoring, 'grafana/provisioning', name), 'utf8'));
    expect(read('dashboards.yml')).toMatchObject({ apiVersion: 1, providers: [{ type: 'file' }] });
    expect(read('datasources.yml')).toMatchObject({ apiVersion: 1, datasources: [{ type: 'prometheus' }] });
  });
});

/** As Grafana would fill them in. */
const filled = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(step|provider)\b/g, '.*');

/** Rates end in digits of binary fractions; six of ours are enough. */
const rounded = (expr: string): string => `round(${filled(expr)}, 0.000001)`;

describe.skipIf(missing)(`every expression${missing}`, () => {
  const seeds = Object.entries(allSeeds()).map(([series, values]) => ({ series, values }));

  it.each(dashboards.map((each) => [each.uid, each] as const))(
    'of %s returns the number that is written beside it',
    { timeout: 60_000 },
    async (uid, { rows }) => {
      const targets = rows.flatMap(({ panels }) => panels.flatMap(({ targets: all }) => all));
      const test = {
        rule_files: [join(monitoring, 'prometheus/recording.rules.yml')],
        evaluation_interval: '10m',
        tests: [
          {
            interval: '15s',
            input_series: seeds,
            promql_expr_test: targets.map(({ expr, returns }) => ({
              expr: rounded(expr),
              eval_time: `${lookedAtSeconds}s`,
              exp_samples: Object.entries(returns).map(([labels, value]) => ({ labels, value })),
            })),
          },
        ],
      };
      await withFiles({ [`${uid}.json`]: JSON.stringify(test) }, (folder) =>
        runTool('promtool', ['test', 'rules', join(folder, `${uid}.json`)]),
      );
    },
  );
});
