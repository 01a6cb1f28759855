import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertRules } from '../../monitoring/rules/files.ts';
import { guardrails, sloBurns, sloObjective } from '../../src/domain/guardrails.ts';
import { treeOf } from '../../src/cli/completion/tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';

const text = readFileSync(new URL('../../docs/runbooks/ebooks-fulfillment.md', import.meta.url), 'utf8');
const page = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => [section.slice(0, section.indexOf('\n')), section]),
);

/** Rules that only the sentinel keeps. */
const sentinelsOwn = ['database_unreachable'];

function commands(): Set<string> {
  const stream = { write: () => true };
  const { command } = createProgram({
    version: '1.2.3',
    terminal: createTerminal({ stdout: stream, stderr: stream, env: {} }),
    signals: { on: () => undefined, off: () => undefined },
    exit: () => undefined,
    dutiesFor: () => expect.fail('not expected'),
    environmentText: () => '',
    surroundings: {
      asking: { interactive: false, ask: async () => undefined },
      now: () => new Date(0),
      sleep: async () => undefined,
      newId: () => 'id',
      writeFile: async () => undefined,
      readFile: async () => '',
    },
  });
  return new Set(treeOf(command).map(({ path }) => path.join(' ')));
}

describe('the runbook', () => {
  it('has one section per rule, and none about anything else', () => {
    const rules = new Set([...alertRules.map(({ rule }) => rule), ...sentinelsOwn]);
    expect([...sections.keys()].toSorted()).toEqual([...rules].toSorted());
  });

  it.each([...sections])('says of %s what it means, where to look and how to mend it', (_rule, section) => {
    for (const part of ['- **Means:**', '- **Look:**', '- **Mend:**']) expect(section).toContain(part);
  });

  it('links to sections that are there', () => {
    const links = [...text.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !sections.has(anchor ?? ''))).toEqual([]);
    expect(links.length).toBeGreaterThan(0);
  });

  it('names commands that there are', () => {
    const known = commands();
    const named = [...text.matchAll(/`fulfillment ([a-z][^`]*)`/g)].map(([, line = '']) => line);
    const unknown = named.filter((line) => {
      const words = line.split(' ').filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
      return !known.has(words.slice(0, 2).join(' ')) && !known.has(words[0] ?? '');
    });
    expect(named.length).toBeGreaterThan(20);
    expect(unknown).toEqual([]);
  });
});

describe('the page about monitoring', () => {
  const rows = [...page.matchAll(/^\| `(\w+)`\s*\| (critical|warning|none)\s*\| (.*?)\s*\|$/gm)];
  const told = new Map(rows.map(([, alert = '', , when = '']) => [alert, when]));

  it('lists every alert with its severity', () => {
    expect(rows.map(([, alert, severity]) => `${alert} ${severity}`).toSorted()).toEqual(
      alertRules.map(({ alert, severity }) => `${alert} ${severity}`).toSorted(),
    );
  });

  it('and the runbook tell the figures by which it rings', () => {
    const seconds = (ms: number) => `${ms / 1000} s`;
    const hours = (ms: number) => `${ms / 3_600_000} hours`;
    const percent = (factor: number) => `${Number((factor * (1 - sloObjective) * 100).toPrecision(6))} %`;
    expect(told.get('FulfillmentFailureRate')).toContain(`more than ${guardrails.failuresInHourMax} jobs`);
    expect(told.get('FulfillmentWorkersGone')).toContain(seconds(guardrails.workerSilentMs));
    expect(told.get('FulfillmentSentinelGone')).toContain(seconds(guardrails.sentinelSilentMs));
    expect(told.get('FulfillmentCollectorStale')).toContain(seconds(guardrails.collectorStaleMs));
    expect(told.get('FulfillmentCatchUpStale')).toContain(seconds(guardrails.catchUpStaleMs));
    expect(told.get('FulfillmentJobHeldLong')).toContain(hours(guardrails.heldLongMs));
    expect(told.get('FulfillmentReconciliationOverdue')).toContain(hours(guardrails.dailyOverdueMs));
    expect(told.get('FulfillmentUpkeepOverdue')).toContain(hours(guardrails.dailyOverdueMs));
    expect(told.get('FulfillmentPartitionsShort')).toContain(
      `fewer than ${guardrails.partitionsAheadMin} months`,
    );
    expect(told.get('FulfillmentAlertDeliveryFailing')).toContain(
      `${guardrails.deliveryWaitMs / 60_000} minutes`,
    );
    expect(told.get('FulfillmentMailProvidersDown')).toContain(`${guardrails.mailStuckMs / 60_000} minutes`);
    expect(told.get('FulfillmentCanaryFailing')).toContain(`${guardrails.canaryOverdueMs / 60_000} minutes`);
    for (const { factor } of sloBurns.fast)
      expect(told.get('FulfillmentSloBurnFast')).toContain(percent(factor));
    for (const { factor } of sloBurns.slow)
      expect(told.get('FulfillmentSloBurnSlow')).toContain(percent(factor));
    expect(sections.get('workers_gone')).toContain(`${guardrails.workerSilentMs / 1000} seconds`);
    expect(sections.get('canary_failing')).toContain(`${guardrails.canaryOverdueMs / 60_000} minutes`);
    expect(sections.get('reconciliation_overdue')).toContain(hours(guardrails.dailyOverdueMs));
  });
});
