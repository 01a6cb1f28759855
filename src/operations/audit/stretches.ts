/** Rows `seq` to `toSeq`, both included. */
export interface Stretch {
  seq: number;
  toSeq: number;
}

export const holds = (stretches: readonly Stretch[], seq: number) =>
  stretches.some((stretch) => stretch.seq <= seq && seq <= stretch.toSeq);

/** What is left of a stretch without the others. */
export function without(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  let left = [stretch];
  for (const { seq, toSeq } of others) {
    left = left.flatMap((part) => [
      { seq: part.seq, toSeq: Math.min(part.toSeq, seq - 1) },
      { seq: Math.max(part.seq, toSeq + 1), toSeq: part.toSeq },
    ]);
    left = left.filter((part) => part.seq <= part.toSeq);
  }
  return left;
}

/** Ascending numbers as stretches without a gap. */
export function stretchesOf(numbers: readonly number[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const seq of numbers) {
    const last = stretches.at(-1);
    if (last?.toSeq === seq - 1) last.toSeq = seq;
    else stretches.push({ seq, toSeq: seq });
  }
  return stretches;
}

/** `Row 5 was`, `Rows 4 to 6 were` */
export const rowsWere = ({ seq, toSeq }: Stretch) =>
  seq === toSeq ? `Row ${seq} was` : `Rows ${seq} to ${toSeq} were`;

/** `row 5`, `rows 4 to 6` */
export const rowsNamed = ({ seq, toSeq }: Stretch) =>
  seq === toSeq ? `row ${seq}` : `rows ${seq} to ${toSeq}`;
