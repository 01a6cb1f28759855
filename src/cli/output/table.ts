import { cutToWidth, padToWidth, textWidth } from './textWidth.ts';

export interface Column {
  title: string;
  /** `right` for numbers. */
  align?: 'left' | 'right';
  /** What is cut first when the table is too wide: the column with the highest number. Without it, nothing is cut. */
  cutFirst?: number;
}

export interface Table {
  columns: readonly Column[];
  /** Made safe to show already. */
  rows: ReadonlyArray<readonly string[]>;
}

export interface TableOptions {
  widthMax: number;
  /** Colours a cell after it was measured and cut. */
  paint?: (text: string, column: number, row: number) => string;
  heading?: (text: string) => string;
}

const gap = 2;
/** A column is not cut below this. */
const columnMin = 6;

/** Lines of a table no wider than asked where that can be done; the heading first. */
export function tableLines({ columns, rows }: Table, options: TableOptions): string[] {
  const { widthMax, paint = (text) => text, heading = (text) => text } = options;
  const widths = fittingWidths({ columns, rows }, widthMax);
  const line = (cells: readonly string[], painted: (text: string, column: number) => string) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const last = column === columns.length - 1 && columns[column]?.align !== 'right';
        const text = cutToWidth(cell, width);
        const blanks = last ? '' : ' '.repeat(Math.max(0, width - textWidth(text)));
        const shown = text === '' ? text : painted(text, column);
        return columns[column]?.align === 'right' ? blanks + shown : shown + blanks;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [
    heading(
      line(
        columns.map(({ title }) => title),
        (text) => text,
      ),
    ),
    ...rows.map((cells, row) => line(cells, (text, column) => paint(text, column, row))),
  ];
}

function fittingWidths({ columns, rows }: Table, widthMax: number): number[] {
  const widths = columns.map(({ title }, column) =>
    Math.max(textWidth(title), ...rows.map((cells) => textWidth(cells[column] ?? ''))),
  );
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1) - widthMax;
  const cuttable = columns
    .map(({ cutFirst }, column) => ({ cutFirst, column }))
    .filter(({ cutFirst }) => cutFirst !== undefined)
    .toSorted((one, other) => (other.cutFirst ?? 0) - (one.cutFirst ?? 0));
  for (const { column } of cuttable) {
    if (excess <= 0) break;
    const width = widths[column] ?? 0;
    const spared = Math.min(excess, Math.max(0, width - columnMin));
    widths[column] = width - spared;
    excess -= spared;
  }
  return widths;
}

/** `name  value` below each other, the values in one column. Values that are null or empty are left out. */
export function factLines(
  facts: ReadonlyArray<readonly [name: string, value: string | null | undefined]>,
  name: (text: string) => string = (text) => text,
): string[] {
  const told = facts.filter((fact): fact is readonly [string, string] => Boolean(fact[1]));
  const width = Math.max(0, ...told.map(([text]) => textWidth(text)));
  return told.map(([text, value]) => `${name(padToWidth(text, width))}  ${value}`);
}
