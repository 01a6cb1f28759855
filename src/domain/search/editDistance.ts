/**
 * How many typing errors lie between two texts: a letter too many, missing, wrong, or two neighbours swapped
 * (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        cell(above, column) + 1,
        cell(current, column - 1) + 1,
        cell(above, column - 1) + differs,
        swapped ? cell(before, column - 2) + 1 : Infinity,
      );
    }
    before = above;
    above = current;
  }
  return cell(above, to.length);
}

const cell = (row: readonly number[], column: number) => row[column] ?? Infinity;

/** The candidate that was probably meant; undefined when none is close: more than a third of it would be wrong. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const text = typed.slice(0, 60).toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(text, candidate.toLowerCase());
    const bearable = Math.max(1, Math.floor(Math.max(text.length, candidate.length) / 3));
    if (distance <= bearable && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate ?? candidates.find((one) => text.length > 1 && one.toLowerCase().startsWith(text));
}
