import type { Terminal } from '../../cli/terminal.ts';
import type { SmokeResult } from './runSmoke.ts';

/** A check as people read it. */
export function resultLine(result: SmokeResult, { printed }: Pick<Terminal, 'printed'>): string {
  const { check, state, seconds, evidence, lookAt } = result;
  const paint = { ok: printed.green, failed: printed.red, skipped: printed.yellow }[state];
  const line = `${paint(state.padEnd(8))} ${check.padEnd(16)} ${seconds.toFixed(2).padStart(7)} s  ${evidence}`;
  return lookAt === undefined ? line : `${line}\n${' '.repeat(37)}${printed.dim('look at')} ${lookAt}`;
}
