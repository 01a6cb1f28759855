import type { CatalogProblem } from '../ports/catalogImport.ts';
import type { Place } from './located.ts';

/** Gathers everything that is wrong with one catalogue file, so that it is told at once. */
export interface Problems {
  add(place: Place, message: string, remedy: string): void;
  count(): number;
  /** In the order of the lines. */
  list(): CatalogProblem[];
}

/** So much is told of one file; whoever has more mends these first. */
const problemsMax = 200;

export function createProblems(file: string): Problems {
  const found: CatalogProblem[] = [];
  return {
    add({ line, column, field }, message, remedy) {
      found.push({ file, line, column, field, message, remedy });
    },
    count: () => found.length,
    list: () =>
      found
        .toSorted(
          (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
        )
        .slice(0, problemsMax),
  };
}
