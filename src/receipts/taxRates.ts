export interface TaxRateSum {
  taxPercent: number | null;
  net: number;
  tax: number;
  gross: number;
}

/** Sums of the lines per tax rate, highest rate first; empty when no line knows a rate or bears tax. */
export function taxRatesOf(
  lines: ReadonlyArray<{ taxPercent: number | null; tax: number; total: number }>,
): TaxRateSum[] {
  if (lines.every((line) => line.taxPercent === null && line.tax === 0)) return [];
  const sums = new Map<number | null, TaxRateSum>();
  for (const { taxPercent, tax, total } of lines) {
    const sum = sums.get(taxPercent) ?? { taxPercent, net: 0, tax: 0, gross: 0 };
    sums.set(taxPercent, {
      taxPercent,
      net: sum.net + total - tax,
      tax: sum.tax + tax,
      gross: sum.gross + total,
    });
  }
  return [...sums.values()].toSorted((a, b) => (b.taxPercent ?? -1) - (a.taxPercent ?? -1));
}
