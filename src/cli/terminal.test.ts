import { describe, expect, it } from 'vitest';
import { createTerminal } from './terminal.ts';

const terminalOn = (isTTY: boolean, env: Record<string, string> = {}) =>
  createTerminal({ stdout: { write: () => true, isTTY }, stderr: { write: () => true, isTTY: false }, env });

describe('colours', () => {
  it('are for terminals, each stream by itself', () => {
    const terminal = terminalOn(true);
    expect(terminal.printed.red('x')).not.toBe('x');
    expect(terminal.said.red('x')).toBe('x');
  });

  it.each([
    ['output goes elsewhere', false, {}],
    ['NO_COLOR is set', true, { NO_COLOR: '1' }],
    ['the terminal is dumb', true, { TERM: 'dumb' }],
  ])('are left out when %s', (_when, isTTY, env) => {
    expect(terminalOn(isTTY, env).printed.red('x')).toBe('x');
  });
});
