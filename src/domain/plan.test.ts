import { describe, expect, it } from 'vitest';
import { assertSoundPlan, planKey } from './plan.ts';
import type { Plan } from './plan.ts';

function plan(...steps: Array<[name: string, needs: string[]]>): Plan {
  return {
    name: 'fulfil',
    version: 3,
    steps: steps.map(([name, needs]) => ({ name, needs, version: 1, holds: true })),
  };
}

describe('planKey', () => {
  it('names the plan and its version', () => {
    expect(planKey({ name: 'fulfil', version: 3 })).toBe('fulfil@3');
  });
});

describe('assertSoundPlan', () => {
  it('accepts steps that need earlier ones', () => {
    expect(() => assertSoundPlan(plan(['a', []], ['b', ['a']], ['c', ['a', 'b']]))).not.toThrow();
  });

  it('accepts a plan without steps', () => {
    expect(() => assertSoundPlan(plan())).not.toThrow();
  });

  it('refuses a step that is listed twice', () => {
    expect(() => assertSoundPlan(plan(['a', []], ['a', []]))).toThrow('Plan fulfil@3 lists step a twice.');
  });

  it.each([
    ['an unknown step', plan(['a', ['missing']]), 'missing'],
    ['a later step', plan(['a', ['b']], ['b', []]), 'b'],
    ['itself', plan(['a', ['a']]), 'a'],
    ['a circle', plan(['a', ['b']], ['b', ['a']]), 'b'],
  ])('refuses a step that needs %s', (_what, broken, need) => {
    expect(() => assertSoundPlan(broken)).toThrow(`step a needs ${need}, which is not an earlier step`);
  });
});
