/**
 * Splits a whole amount over weights by the largest remainder: the parts are whole minor units, none is more than
 * one unit away from its exact share, and they add up to the total. Equal remainders go to the earlier part.
 */
export function allocate(totalMinor: number, weights: readonly number[]): number[] {
  const total = BigInt(totalMinor);
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  if (sum === 0n) return weights.map(() => 0);
  const shares = weights.map((weight, index) => {
    const exact = total * BigInt(weight);
    return { index, whole: exact / sum, remainder: exact % sum };
  });
  const rest = Number(total - shares.reduce((all, share) => all + share.whole, 0n));
  const raised = new Set(
    shares
      .toSorted((a, b) => Number(b.remainder - a.remainder) || a.index - b.index)
      .slice(0, rest)
      .map((share) => share.index),
  );
  return shares.map((share) => Number(share.whole) + (raised.has(share.index) ? 1 : 0));
}

/** The tax inside a tax-inclusive amount, rounded half up. The rate is in percent, to four decimals. */
export function inclusiveTax(grossMinor: number, percent: number): number {
  const rate = scaled(percent);
  return roundedRatio(BigInt(grossMinor) * rate, hundred + rate);
}

/** A percentage of an amount, rounded half up. The percentage may have four decimals. */
export function percentOf(amountMinor: number, percent: number): number {
  return roundedRatio(BigInt(amountMinor) * scaled(percent), hundred);
}

const hundred = 1_000_000n;

function scaled(percent: number): bigint {
  return BigInt(Math.round(percent * 10_000));
}

function roundedRatio(numerator: bigint, denominator: bigint): number {
  return Number((2n * numerator + denominator) / (2n * denominator));
}
