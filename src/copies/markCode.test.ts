import { describe, expect, it } from 'vitest';
import { markCodeFor } from './markCode.ts';

const key = new Uint8Array(32).fill(7);
const copy = { orderId: '7K3M-Q9XT-4BVD', lineNo: 1, format: 'pdf' };

describe('the code of a copy', () => {
  it('is the same for the same copy, and another for each other one', () => {
    const others = [
      copy,
      { ...copy, lineNo: 2 },
      { ...copy, format: 'epub' },
      { ...copy, orderId: '7K3M-Q9XT-4BVE' },
    ];
    expect(new Set(others.map((one) => markCodeFor(one, key))).size).toBe(4);
    expect(markCodeFor({ ...copy }, key)).toBe(markCodeFor(copy, key));
    expect(markCodeFor(copy, new Uint8Array(32))).not.toBe(markCodeFor(copy, key));
  });

  it('says nothing of the order, and has one form', () => {
    expect(markCodeFor(copy, key)).toMatch(/^[0-9A-HJKMNP-TV-Z]{20}$/);
    expect(markCodeFor(copy, key)).not.toContain('7K3M');
  });

  it('wants a key that cannot be guessed', () => {
    expect(() => markCodeFor(copy, new Uint8Array(31))).toThrow(/32 bytes/);
  });
});
