import { describe, expect, it } from 'vitest';
import { runOperators } from '../../test/builders/commandLine.ts';
import { treeOf } from './completion/tree.ts';
import { helpOf } from './help.ts';
import { createProgram } from './program.ts';
import { createTerminal } from './terminal.ts';

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
const paths = treeOf(command).map(({ path }) => path);

describe('help', () => {
  it('of every command says what it does, what it takes, and how it is used', () => {
    const all = paths.map(
      (path) => `=== fulfillment ${path.join(' ')}\n${helpOf(command, path).trimEnd()}\n`,
    );
    expect(all.join('\n')).toMatchSnapshot();
  });

  it.each(paths.filter((path) => path.length > 0).map((path) => [path.join(' ')]))(
    'of %s has examples, or commands that do',
    (words) => {
      expect(helpOf(command, words.split(' '))).toMatch(/Examples:|Commands:|environment/);
    },
  );

  it('fits a page of 100 columns', () => {
    const wide = paths
      .flatMap((path) => helpOf(command, path).split('\n'))
      .filter((line) => line.length > 100);
    expect(wide.filter((line) => !line.trimStart().startsWith('$'))).toEqual([]);
  });

  it.each([
    ['help exit-codes', 'partly|in part'],
    ['help environment', 'PORT=8080'],
    ['help json', 'fulfillment/problem@1'],
    ['help query', 'status:failed'],
    ['help orders retry', 'Usage: fulfillment orders retry'],
    ['help', 'Usage: fulfillment'],
  ])('%s is data', async (line, words) => {
    const ran = await runOperators(line);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(new RegExp(words));
  });

  it('on what there is not ends with 2', async () => {
    expect(await runOperators('help orders fly')).toMatchObject({ code: 2, out: '' });
  });
});
