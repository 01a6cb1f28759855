import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alertRules } from '../../monitoring/rules/files.ts';
import { missing, monitoring, runTool } from './tools.ts';

const file = 'alertmanager/alertmanager.yml';

interface Configuration {
  inhibit_rules: Array<{ source_matchers: string[]; target_matchers: string[]; equal: string[] }>;
}
const configuration = parse(readFileSync(join(monitoring, file), 'utf8')) as Configuration;

const receiversOf = { critical: 'sentinel,pagerduty,slack', warning: 'sentinel,slack', none: 'dead-man' };

const routed = (receivers: string, ...labels: string[]) =>
  runTool('amtool', [
    'config',
    'routes',
    'test',
    `--config.file=${file}`,
    `--verify.receivers=${receivers}`,
    ...labels,
  ]);

describe('what Alertmanager leaves out', () => {
  const inhibited = configuration.inhibit_rules.flatMap(({ target_matchers: targets }) => targets).join(' ');

  it('is never the Watchdog, nor a buyer who waits', () => {
    for (const rule of ['watchdog', 'job_beyond_sla', 'failure_rate', 'metrics_absent', 'workers_gone'])
      expect(inhibited).not.toMatch(new RegExp(`\\b${rule}\\b`));
  });

  it('are rules that there are, left out for others that there are', () => {
    const matchers = configuration.inhibit_rules.flatMap(
      ({ source_matchers: sources, target_matchers: targets }) => [...sources, ...targets],
    );
    const named = matchers.flatMap((matcher) => (/"(.*)"/.exec(matcher)?.[1] ?? '').split('|'));
    const known: readonly string[] = alertRules.map(({ rule }) => rule);
    expect(named.filter((rule) => !known.includes(rule))).toEqual([]);
  });
});

describe.skipIf(missing)(`amtool${missing}`, () => {
  it('finds nothing wrong with the configuration', async () => {
    expect(await runTool('amtool', ['check-config', file])).toContain('SUCCESS');
  });

  it.each(['critical', 'warning', 'none'] as const)('sends what is %s where it belongs', async (severity) => {
    const alert = alertRules.find((rule) => rule.severity === severity);
    expect(alert).toBeDefined();
    await routed(
      receiversOf[severity],
      `alertname=${alert?.alert}`,
      `severity=${severity}`,
      `rule=${alert?.rule}`,
      'service=fulfillment',
    );
  });

  it('sends what nobody has thought of to the channel', async () => {
    await routed('slack', 'alertname=Unthought');
  });
});
