import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, inclusiveTax, percentOf } from './money.ts';

describe('allocate', () => {
  it('gives the left-over units to the largest remainders', () => {
    expect(allocate(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(allocate(10, [2, 7, 1])).toEqual([2, 7, 1]);
    expect(allocate(7, [10, 25, 65])).toEqual([1, 2, 4]);
  });

  it('splits nothing over weights that are all zero', () => {
    expect(allocate(0, [0, 0])).toEqual([0, 0]);
  });

  it('always adds up and stays within one unit of the exact share', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), weights, (total, parts) => {
        const sum = parts.reduce((a, b) => a + b, 0);
        fc.pre(sum > 0);
        const shares = allocate(total, parts);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
        shares.forEach((share, i) =>
          expect(Math.abs(share - (total * (parts[i] ?? 0)) / sum)).toBeLessThan(1),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('inclusiveTax', () => {
  it('takes the tax out of a gross amount', () => {
    expect(inclusiveTax(4900, 5)).toBe(233);
    expect(inclusiveTax(1230, 23)).toBe(230);
    expect(inclusiveTax(1000, 8.25)).toBe(76);
    expect(inclusiveTax(1000, 0)).toBe(0);
  });
});

describe('percentOf', () => {
  it('rounds half a unit up', () => {
    expect(percentOf(1050, 5)).toBe(53);
    expect(percentOf(999, 100)).toBe(999);
  });
});
