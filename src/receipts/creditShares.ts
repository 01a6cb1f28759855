/** What one line bears of a sum. */
export interface LineShare {
  lineNo: number;
  tax: number;
  total: number;
}

export interface TaxedLine extends LineShare {
  taxPercent: number | null;
}

/**
 * Divides an amount by weights, in whole minor units that add up to it. As long as the weights are worth the amount,
 * nobody gets more than their weight. Rounding is carried on from one to the next (no floats: amounts may be large).
 */
export function divide(amount: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n);
  if (sum === 0n) return weights.map((_, at) => (at === 0 ? amount : 0));
  return carried(weights.map((weight) => ({ of: BigInt(amount) * BigInt(weight), by: sum })));
}

/**
 * What each line bears of a credit: the lines it is for in the measure of what is left of them, and what exceeds these
 * (or is for no line) all other lines alike. A tax is the same share of its line's tax, rounded once per rate; who
 * takes all that is left of a line takes all of its tax. So the credits of a receipt that is refunded in full add up
 * to its taxes exactly, in however many parts it was refunded.
 */
export function shareCredit(
  amount: number,
  left: readonly TaxedLine[],
  forLines: readonly number[],
): LineShare[] {
  const isFor = (line: TaxedLine) => forLines.includes(line.lineNo);
  const worth = left.filter(isFor).reduce((sum, line) => sum + line.total, 0);
  const direct = Math.min(amount, worth);
  const totals = new Map([
    ...sharesOf(direct, left.filter(isFor)),
    ...sharesOf(
      amount - direct,
      left.filter((line) => !isFor(line)),
    ),
  ]);
  const borne = left.map((line) => ({ line, total: totals.get(line.lineNo) ?? 0 }));
  const taxes = new Map<number, number>();
  for (const rate of new Set(left.map((line) => line.taxPercent))) {
    const group = borne.filter(({ line }) => line.taxPercent === rate);
    const parts = carried(
      group.map(({ line, total }) => ({ of: BigInt(line.tax) * BigInt(total), by: BigInt(line.total || 1) })),
    );
    group.forEach(({ line }, at) => taxes.set(line.lineNo, parts[at] ?? 0));
  }
  return borne.map(({ line: { lineNo }, total }) => ({ lineNo, total, tax: taxes.get(lineNo) ?? 0 }));
}

function sharesOf(amount: number, lines: readonly TaxedLine[]): Array<[number, number]> {
  const shares = divide(
    amount,
    lines.map((line) => line.total),
  );
  return lines.map((line, at) => [line.lineNo, shares[at] ?? 0]);
}

/** Fine enough that what fractions lose here never reaches a minor unit. */
const fineness = 1_000_000_000n;

/** Fractions as whole numbers: each is the step between two rounded running sums. */
function carried(fractions: ReadonlyArray<{ of: bigint; by: bigint }>): number[] {
  let sum = 0n;
  let given = 0n;
  return fractions.map(({ of, by }) => {
    sum += rounded(of * fineness, by);
    const step = rounded(sum, fineness) - given;
    given += step;
    return Number(step);
  });
}

/** Half is rounded up; none of these is negative. */
const rounded = (of: bigint, by: bigint) => (2n * of + by) / (2n * by);
