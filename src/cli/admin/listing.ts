import type { Column } from '../output/table.ts';
import { tableLines } from '../output/table.ts';
import type { AdminRun, Page } from './adminRun.ts';
import { readCount } from './adminOptions.ts';
import { option } from './command.ts';

export interface Listing {
  columns: readonly Column[];
  rows: ReadonlyArray<readonly string[]>;
  /** Why there is nothing, and what to do next. */
  empty: string;
  paint?: (text: string, column: number, row: number) => string;
}

/** A table, or why there is none. */
export function listingLines({ columns, rows, empty, paint }: Listing, page: Page): string[] {
  if (rows.length === 0) return [empty];
  return tableLines(
    { columns, rows },
    { widthMax: page.columns, heading: page.paint.dim, ...(paint === undefined ? {} : { paint }) },
  );
}

export const limitOption = (preset: number) =>
  option('--limit <count>', `how many at most, up to 200 (${preset})`, { parse: readCount(1, 200) });
export const cursorOption = option('--cursor <text>', 'where the page before ended');

/** Says how to see what follows. */
export function sayMore(run: AdminRun, next: string | number | null): void {
  if (next !== null) run.say(`There is more: the same again with --cursor ${next}`);
}
