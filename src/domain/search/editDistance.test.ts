import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './editDistance.ts';

describe('the distance of two texts', () => {
  it.each([
    ['status', 'status', 0],
    ['status', 'stauts', 1],
    ['status', 'statu', 1],
    ['status', 'sttaus', 1],
    ['email', 'mail', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s → %s is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
    expect(editDistance(to, from)).toBe(distance);
  });
});

describe('the nearest name', () => {
  it('is none when too much of it would be wrong', () => {
    expect(nearest('colour', ['status', 'created'])).toBeUndefined();
  });

  it('may be one that begins like what was typed', () => {
    expect(nearest('unkn', ['timeout', 'unknown_product'])).toBe('unknown_product');
  });
});
