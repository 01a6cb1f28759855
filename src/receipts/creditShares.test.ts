import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divide, shareCredit } from './creditShares.ts';
import type { LineShare, TaxedLine } from './creditShares.ts';

const line = (lineNo: number, total: number, tax: number, taxPercent: number | null = 23): TaxedLine => ({
  lineNo,
  total,
  tax,
  taxPercent,
});

const sumOf = (shares: readonly LineShare[], key: 'tax' | 'total') =>
  shares.reduce((sum, share) => sum + share[key], 0);

describe('divide', () => {
  it('gives whole units that add up to the amount', () => {
    expect(divide(100, [1, 1, 1])).toEqual([33, 34, 33]);
    expect(divide(2000, [9300, 12300, 3900])).toEqual([729, 965, 306]);
  });

  it('is exact for amounts of any length', () => {
    const weights = [Number.MAX_SAFE_INTEGER - 7, 3, 4];
    expect(divide(Number.MAX_SAFE_INTEGER, weights)).toEqual(weights);
  });

  it('gives all to the first when nobody has a weight', () => {
    expect(divide(7, [0, 0])).toEqual([7, 0]);
    expect(divide(7, [])).toEqual([]);
  });

  it('gives nobody more than their weight, and loses nothing', () => {
    const weights = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const amount = Math.floor(all.reduce((sum, weight) => sum + weight, 0) * part);
        const shares = divide(amount, all);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(amount);
        expect(shares.every((share, at) => share >= 0 && share <= (all[at] ?? 0))).toBe(true);
      }),
    );
  });
});

describe('shareCredit', () => {
  const lines = [line(1, 4900, 233, 5), line(2, 12300, 2300), line(3, 3900, 186, 5)];

  it('takes the lines that the credit is for, with the taxes they have borne', () => {
    expect(shareCredit(16200, lines, [2, 3])).toEqual([
      { lineNo: 1, total: 0, tax: 0 },
      { lineNo: 2, total: 12300, tax: 2300 },
      { lineNo: 3, total: 3900, tax: 186 },
    ]);
  });

  it('takes a part of a line with the same part of its tax', () => {
    expect(shareCredit(4100, lines, [2])[1]).toEqual({ lineNo: 2, total: 4100, tax: 767 });
  });

  it('spreads over all lines what is for none of them', () => {
    const shares = shareCredit(2110, lines, []);
    expect(shares.map(({ total }) => total)).toEqual([490, 1230, 390]);
    expect(shares.map(({ tax }) => tax)).toEqual([23, 230, 19]);
  });

  it('spreads what exceeds the lines it is for over the others', () => {
    expect(shareCredit(5000, lines, [1]).map(({ total }) => total)).toEqual([4900, 76, 24]);
  });

  it('rounds taxes once per rate, not once per line', () => {
    const many = Array.from({ length: 100 }, (_, at) => line(at + 1, 101, 5, 5));
    expect(sumOf(shareCredit(5050, many, []), 'tax')).toBe(250);
  });

  it('adds up to the receipt to the last unit, in however many parts it is refunded', () => {
    const anyLine = fc.record({
      total: fc.integer({ min: 0, max: 99_999 }),
      rate: fc.constantFrom(0, 5, 8, 23),
    });
    const parts = fc.array(fc.record({ part: fc.integer({ min: 1, max: 100 }), lineNo: fc.nat(6) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 6 }), parts, (sold, refunds) => {
        const bought = sold.map(({ total, rate }, at) =>
          line(at + 1, total, Math.round((total * rate) / (100 + rate)), rate),
        );
        let left = bought;
        const credit = (amount: number, forLines: number[]) => {
          const shares = shareCredit(amount, left, forLines);
          expect(sumOf(shares, 'total')).toBe(amount);
          left = left.map((one, at) => {
            const { tax = 0, total = 0 } = shares[at] ?? {};
            expect(tax).toBeLessThanOrEqual(total);
            return { ...one, tax: one.tax - tax, total: one.total - total };
          });
          expect(left.every(({ tax, total }) => tax >= 0 && tax <= total)).toBe(true);
        };
        for (const { part, lineNo } of refunds) {
          const amount = Math.floor((sumOf(left, 'total') * part) / 100);
          if (amount > 0) credit(amount, lineNo === 0 ? [] : [lineNo]);
        }
        credit(sumOf(left, 'total'), []);
        expect(left.every(({ tax, total }) => tax === 0 && total === 0)).toBe(true);
      }),
    );
  });
});
