import type { Spread } from '../harness/statistics.ts';

/** Three digits that matter. */
export function inFigures(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  if (size >= 10 || Number.isInteger(value)) return String(Number(value.toFixed(1)));
  return String(Number(value.toFixed(2)));
}

/** Median (min–max), or the one value there is. */
export function spreadInWords(spread: Spread | undefined): string {
  if (!spread) return '–';
  const { median, min, max } = spread;
  if (inFigures(min) === inFigures(max)) return inFigures(median);
  return `${inFigures(median)} (${inFigures(min)}–${inFigures(max)})`;
}

/** A table as Prettier would write it. */
export function markdownTable(header: string[], rows: string[][]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const draw = (cells: string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [draw(header), draw(widths.map((width) => '-'.repeat(width))), ...rows.map(draw)].join('\n');
}
