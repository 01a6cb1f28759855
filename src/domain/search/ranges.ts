import type { Comparison, Range } from './query.ts';

const comparison = /^(<=|>=|<|>)(.*)$/s;

/**
 * Reads `5`, `>5`, `<=5` or `5..10`.
 *
 * @returns undefined when a value is none, an end is missing, or the ends are the wrong way round
 */
export function parseRange<Value>(
  text: string,
  read: (text: string) => Value | undefined,
  inOrder: (from: Value, to: Value) => boolean,
): Range<Value> | undefined {
  const ends = text.split('..');
  if (ends.length > 1) {
    const from = read(ends[0] ?? '');
    const to = read(ends.slice(1).join('..'));
    if (from === undefined || to === undefined || !inOrder(from, to)) return undefined;
    return { kind: 'between', from, to };
  }
  const [, operator, operand] = comparison.exec(text) ?? [];
  const value = read(operand ?? text);
  if (value === undefined) return undefined;
  return operator === undefined
    ? { kind: 'is', value }
    : { kind: 'compare', operator: operator as Comparison, value };
}

export function printRange<Value>(range: Range<Value>, print: (value: Value) => string): string {
  switch (range.kind) {
    case 'is':
      return print(range.value);
    case 'compare':
      return `${range.operator}${print(range.value)}`;
    case 'between':
      return `${print(range.from)}..${print(range.to)}`;
  }
}

/** Every value in a range. */
export function rangeValues<Value>(range: Range<Value>): Value[] {
  return range.kind === 'between' ? [range.from, range.to] : [range.value];
}
