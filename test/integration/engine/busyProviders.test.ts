import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { gate, outsideStep, planOf } from '../../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

describe('a provider that takes calls and never answers', () => {
  it('does not fill a worker with jobs that wait for it: all others get their mail', async () => {
    const silence = gate();
    let mails = 0;
    const mail = outsideStep('mail', async () => {
      mails += 1;
      return { made: true };
    });
    const analytics = outsideStep('analytics', () => silence.passed.then(() => ({ made: true })), {
      effects: () => [{ key: 'analytics:1', provider: 'silent' }],
      timeoutMs: 60_000,
    });
    const steps = [mail, analytics];
    const plan = planOf(steps, { analytics: { holds: false } });
    const ids = await stack.addJobs(plan, 24);
    stack.startWorker(plan, steps, { jobsMax: 10, providerPlaces: { silent: 2 } });

    await eventually(
      () => mails === 24,
      () => `Only ${mails} of 24 mails were made.`,
    );
    for (const id of ids) expect((await stack.untilState(id, 'completed')).state).toBe('completed');
    silence.open();
  });

  it('costs those who wait for it no attempt and no line in their timeline', async () => {
    const silence = gate();
    const slow = outsideStep('slow', () => silence.passed.then(() => ({ made: true })), {
      effects: () => [{ key: 'slow:1', provider: 'silent' }],
      timeoutMs: 60_000,
    });
    const plan = planOf([slow], { slow: { holds: false } });
    await stack.addJob(plan);
    const waiting = await stack.addJob(plan);
    stack.startWorker(plan, [slow], { providerPlaces: { silent: 1 } });
    const job = await stack.until(
      waiting,
      (seen) => seen.steps['slow'] !== undefined || seen.timeline.length > 0,
    );
    silence.open();
    const over = await stack.untilOver(waiting);
    expect(job.steps['slow']?.attempts ?? 0).toBeLessThanOrEqual(1);
    expect(over.timeline.filter((line) => line.includes('retry'))).toEqual([]);
    expect(over.effects['slow:1']).toMatchObject({ state: 'done', attempts: 1 });
  });
});
