import { describe, expect, it } from 'vitest';
import { aboutSoMany } from './evidenceWords.ts';

describe('a count in an alert', () => {
  it.each([
    [1, '1'],
    [10, '10'],
    [11, 'at least 10'],
    [49, 'at least 20'],
    [99, 'at least 50'],
    [100, 'at least 100'],
    [199, 'at least 100'],
    [2_000, 'at least 2000'],
    [4_999, 'at least 2000'],
  ])('of %i is %s, so that it stays the same for a while', (count, text) => {
    expect(aboutSoMany(count)).toBe(text);
  });
});
