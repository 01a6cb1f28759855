import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runOperators } from '../../../test/builders/commandLine.ts';

const scriptOf = async (shell: string) => (await runOperators(`completion ${shell}`)).out;

/** What bash offers for the last of these words. */
function offered(script: string, words: string[]): string[] {
  const program = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _fulfillment; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

describe('completion in bash', () => {
  it.each([
    [['fulfillment', 'ord'], ['orders']],
    [
      ['fulfillment', 'orders', 're'],
      ['retry', 'resend-receipt', 'reissue-links', 'release', 'reset-downloads', 'revoke', 'reveal'],
    ],
    [['fulfillment', 'orders', 'retry', 'R-1', '--st'], ['--step']],
    [['fulfillment', 'orders', 'retry', '--step', 'orders', '--wa'], ['--wait']],
    [['fulfillment', 'orders', 'search', 'sta'], ['status:']],
    [['fulfillment', 'alerts', 'list', '--state', 'un'], ['unresolved']],
    [['fulfillment', 'providers', 'pause', 'smtp', '--js'], ['--json']],
    [['fulfillment', 'completion', 'z'], ['zsh']],
    [['fulfillment', 'nothing', 'x'], []],
  ])('of %j offers %j', async (words, candidates) => {
    expect(offered(await scriptOf('bash'), words)).toEqual(candidates);
  });
});

describe('completion', () => {
  it.each(['zsh', 'fish'])('in %s knows every command and what it does', async (shell) => {
    const script = await scriptOf(shell);
    for (const words of ['resend-receipt', 'end-sessions', 'completion', 'ndjson'])
      expect(script).toContain(words);
    expect(script).toContain('send the receipt once more');
  });

  it('of another shell ends with 2 and says which there are', async () => {
    const ran = await runOperators('completion tcsh');
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('bash, zsh, fish');
  });
});
