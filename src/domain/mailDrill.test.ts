import { describe, expect, it } from 'vitest';
import { drillVerdict } from './mailDrill.ts';

describe('what a drill has shown', () => {
  it.each([
    [['accepted', 'accepted'], 'passed'],
    [['accepted', 'taken_unproven'], 'unproven'],
    [['taken_unproven', 'refused'], 'failed'],
    [['accepted', 'unknown'], 'failed'],
    [['accepted', 'paused'], 'failed'],
    [[], 'unproven'],
  ] as const)('by the outcomes %j is %s', (outcomes, verdict) => {
    expect(drillVerdict(outcomes)).toBe(verdict);
  });
});
