import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { render } from '../../monitoring/render.ts';
import { alertRules, ruleFiles } from '../../monitoring/rules/files.ts';
import { runbookOf } from '../../monitoring/rules/rule.ts';
import { type Aspect, aspects } from '../../monitoring/ruleTests/case.ts';
import { allCases, testFiles } from '../../monitoring/ruleTests/files.ts';
import { missing, monitoring, runTool } from './tools.ts';

const rendered = await render();

/** What cannot be shown of an alert, and why. */
const without: Readonly<Record<string, Partial<Record<Aspect, string>>>> = {
  Watchdog: {
    'just below': 'it has no limit',
    resolve: 'it is never over',
    'two replicas': 'it reads no series',
    'late-born series': 'it reads no series',
  },
};

describe('generated files', () => {
  it.each([...rendered.keys()])('%s is committed as it is generated (npm run monitoring)', (path) => {
    expect(readFileSync(join(monitoring, path), 'utf8')).toBe(rendered.get(path));
  });
});

describe('an alert', () => {
  it.each(alertRules.map(({ alert, rule }) => [alert, rule]))('%s has every aspect shown', (alert) => {
    const shown = new Set<Aspect>(
      allCases.filter((each) => each.alert === alert).flatMap(({ shows }) => shows),
    );
    const lacking = aspects.filter((aspect) => !shown.has(aspect) && !without[alert]?.[aspect]);
    expect(lacking).toEqual([]);
  });

  it('has a name of its own', () => {
    const names = alertRules.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
  });

  it('tells ids and counts only: of labels, those of providers and processes', () => {
    const labels = alertRules.flatMap(({ summary }) => summary.match(/\$labels\.\w+/g) ?? []);
    expect(new Set(labels)).toEqual(new Set(['$labels.provider', '$labels.instance', '$labels.integration']));
  });

  it('points into the runbook', () => {
    expect(runbookOf('job_blocked')).toBe('docs/runbooks/ebooks-fulfillment.md#job_blocked');
  });
});

describe.skipIf(missing)(`promtool${missing}`, () => {
  it('finds nothing wrong with the rules and the configuration', async () => {
    const files = Object.keys(ruleFiles).map((name) => `prometheus/${name}.rules.yml`);
    await runTool('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...files]);
    await runTool('promtool', ['check', 'config', 'prometheus/prometheus.yml']);
  });

  it.each(Object.keys(testFiles))(
    'sees every alert of %s fire when it should and not before',
    { timeout: 120_000 },
    async (name) => {
      await runTool('promtool', ['test', 'rules', `prometheus/${name}.tests.yml`]);
    },
  );
});
