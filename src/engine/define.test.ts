import { describe, expect, it } from 'vitest';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import { defineCommitStep, defineOutsideStep, definePlan, defineReadStep, extendPlan } from './define.ts';

const done = async () => new Map();
const licence = defineCommitStep({ name: 'licence', commit: done });
const letter = defineCommitStep({ name: 'letter', version: 3, commit: done });

describe('a step', () => {
  it('has version 1, the default retry policy and a time limit unless it says otherwise', () => {
    const step = defineReadStep({ name: 'look_up', provider: 'crm', run: async () => ({ kind: 'done' }) });
    expect(step).toMatchObject({ kind: 'read', version: 1, retry: defaultRetryPolicy, timeoutMs: 30_000 });
  });

  it('may change a part of the retry policy and keeps the rest', () => {
    const step = defineOutsideStep({
      name: 'push',
      retry: { attemptsMax: 3 },
      timeoutMs: 5_000,
      effects: () => [],
      prepare: async () => ({ kind: 'ready', prepared: null }),
      make: async () => ({}),
    });
    expect(step.retry).toEqual({ ...defaultRetryPolicy, attemptsMax: 3 });
    expect(step.timeoutMs).toBe(5_000);
  });

  it.each(['', 'Licence', 'licence key', '1st', 'a'.repeat(41)])('may not be named "%s"', (name) => {
    expect(() => defineCommitStep({ name, commit: done })).toThrow(`Step name "${name}" must be snake_case`);
  });
});

describe('a plan', () => {
  it('lists its steps in their versions; each holds up completion unless it says otherwise', () => {
    const plan = definePlan({
      name: 'onboarding',
      steps: [{ step: licence }, { step: letter, needs: ['licence'], holds: false }],
    });
    expect(plan).toEqual({
      name: 'onboarding',
      version: 1,
      steps: [
        { name: 'licence', version: 1, needs: [], holds: true },
        { name: 'letter', version: 3, needs: ['licence'], holds: false },
      ],
    });
  });

  it('refuses a need that is not an earlier step, a name twice, and a name that is no identifier', () => {
    expect(() => definePlan({ name: 'p', steps: [{ step: letter, needs: ['licence'] }] })).toThrow(
      'step letter needs licence, which is not an earlier step',
    );
    expect(() => definePlan({ name: 'p', steps: [{ step: letter }, { step: letter }] })).toThrow('twice');
    expect(() => definePlan({ name: 'my plan', steps: [] })).toThrow('Plan name "my plan"');
  });

  it('is extended at its end, under another version', () => {
    const plan = definePlan({ name: 'sale', steps: [{ step: licence }] });
    const extended = extendPlan(plan, { version: 101, steps: [{ step: letter, needs: ['licence'] }] });
    expect(extended.version).toBe(101);
    expect(extended.steps.map((step) => step.name)).toEqual(['licence', 'letter']);
    expect(plan.steps).toHaveLength(1);
    expect(() => extendPlan(plan, { version: 1, steps: [] })).toThrow('a version other than 1');
  });
});
