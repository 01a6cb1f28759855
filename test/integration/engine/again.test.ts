import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { StepOutcome } from '../../../src/ports/step.ts';
import { type EngineStack, startEngineStack } from '../../builders/engineStack.ts';
import { commitStep, outsideStep, planOf, readStep } from '../../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

it('begins a job anew where a step says so: what was done outside is not done twice, and what is new is', async () => {
  const made: string[] = [];
  let looked = 0;
  const steps = [
    readStep('look', async () => {
      looked += 1;
      return { kind: 'done', output: { owed: looked === 1 ? ['tell:1'] : ['tell:2', 'tell:3'] } };
    }),
    outsideStep(
      'tell',
      async ({ effect }) => {
        made.push(effect.key);
        return { made: true };
      },
      {
        effects: ({ outputs }) =>
          ((outputs.get('look')?.['owed'] ?? []) as string[]).map((key) => ({ key, provider: 'outside' })),
      },
    ),
    commitStep(
      'check',
      async (_tx, jobs) =>
        new Map(
          jobs.map((job): [string, StepOutcome] => [
            job.jobId,
            looked < 2 ? { kind: 'again', reason: 'facts_moved' } : { kind: 'done' },
          ]),
        ),
    ),
  ];
  const plan = planOf(steps, { tell: { needs: ['look'] }, check: { needs: ['tell'] } });
  const id = await stack.addJob(plan);
  stack.startWorker(plan, steps);
  expect(await stack.untilOver(id)).toMatchObject({
    state: 'completed',
    steps: {
      look: { state: 'done', attempts: 1 },
      tell: { state: 'done' },
      check: { state: 'done', attempts: 1 },
    },
    timeline: [
      'step.done look',
      'effect.done tell',
      'step.waiting check',
      'step.done look',
      'effect.done tell',
      'effect.done tell',
      'step.done check',
      'job.completed',
    ],
  });
  expect(looked).toBe(2);
  expect(made.toSorted()).toEqual(['tell:1', 'tell:2', 'tell:3']);
});
