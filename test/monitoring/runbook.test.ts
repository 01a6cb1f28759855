import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertRules } from '../../monitoring/rules/files.ts';
import { treeOf } from '../../src/cli/completion/tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';

const text = readFileSync(new URL('../../docs/runbooks/ebooks-fulfillment.md', import.meta.url), 'utf8');
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
