import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault, type FaultDetails } from '../../../src/domain/fault.ts';
import type { Random } from '../../../src/ports/random.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf, quickRetry, readStep } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const throws = (details: Partial<FaultDetails> = {}): Promise<never> =>
  Promise.reject(new Fault(aFault(details)));
const fixed = (value: number): Random => ({ next: () => value, bytes: (length) => new Uint8Array(length) });
const minute = 60_000;

describe('a transient fault', () => {
  it('is retried after full jitter below a growing ceiling, which stands in due_at', async () => {
    const retry = { baseMs: minute, capMs: 10 * minute, attemptsMax: 9, retryAfterCapMs: 0 };
    const step = readStep('ask', () => throws({ provider: 'stripe', providerRequestId: 'req_1' }), { retry });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step], { random: fixed(0.5) });
    const ceilings = [1, 2, 4, 8, 10];
    for (const [index, ceiling] of ceilings.entries()) {
      const job = await stack.until(
        id,
        (seen) => seen.steps['ask']?.attempts === index + 1 && !seen.dispatch?.worker,
      );
      expect(job).toMatchObject({
        state: 'open',
        steps: { ask: { state: 'waiting', reason: 'test_trouble' } },
      });
      const dueInMs = job.steps['ask']?.dueInMs ?? 0;
      expect(dueInMs).toBeGreaterThan((ceiling * minute) / 2 - 3_000);
      expect(dueInMs).toBeLessThanOrEqual((ceiling * minute) / 2 + 1);
      expect(Math.abs((job.dispatch?.dueInMs ?? 0) - dueInMs)).toBeLessThan(1);
      await makeDue(id);
    }
    expect((await stack.see(id)).events[0]?.data).toMatchObject({
      attempt: 1,
      fault: 'transient',
      reason: 'test_trouble',
      provider: 'stripe',
      provider_request_id: 'req_1',
      again_in_ms: expect.any(Number),
    });
  });

  it('spends itself at the last attempt, and the job fails by that step', async () => {
    const step = outsideStep('send', () => throws());
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      reason: 'test_trouble',
      failedStep: 'send',
      steps: { send: { state: 'failed', attempts: 3 } },
      effects: { 'send:1': { state: 'failed', attempts: 3, reason: 'test_trouble' } },
      timeline: ['effect.retry send', 'effect.retry send', 'effect.failed send', 'job.failed'],
    });
    expect(telemetry.of('job.failed')).toMatchObject([{ step: 'send', reason: 'test_trouble' }]);
  });

  it('is what an error becomes that nobody has classified; its message stays here', async () => {
    let calls = 0;
    const step = readStep('ask', async () => {
      calls += 1;
      if (calls === 1) throw new Error('jan@example.pl is not a number');
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(job.timeline).toEqual(['step.retry ask', 'step.done ask', 'job.completed']);
    expect(telemetry.of('unexpected.error')).toMatchObject([{ during: 'ask', error: 'Error' }]);
    expect(JSON.stringify([job, telemetry.events])).not.toContain('jan@example.pl');
  });
});

describe('waiting', () => {
  it('spends no attempt, however often', async () => {
    let looks = 0;
    const step = readStep('ask', async (): Promise<StepOutcome> => {
      looks += 1;
      return looks < 6 ? { kind: 'wait', afterMs: 5, reason: 'not_yet' } : { kind: 'done' };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({ state: 'completed', steps: { ask: { attempts: 1 } } });
    expect(looks).toBe(6);
  });

  it('for a rate limit is as long as was asked, within bounds, and spends no attempt', async () => {
    const step = outsideStep('send', () =>
      throws({ kind: 'rate_limited', retryAfterMs: 10 * 365 * 24 * 60 * minute }),
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.until(id, (seen) => seen.effects['send:1']?.reason === 'test_trouble');
    expect(job.effects['send:1']).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(job.effects['send:1']?.dueInMs).toBeGreaterThan(quickRetry.retryAfterCapMs - 5_000);
    expect(job.effects['send:1']?.dueInMs).toBeLessThan(quickRetry.retryAfterCapMs + quickRetry.capMs + 1);
  });
});

describe('a permanent fault', () => {
  it('fails the step at once; independent steps go on, and only then the job has failed', async () => {
    const slow = gate();
    const steps = [
      readStep('bad', () => throws({ kind: 'permanent', reason: 'no_such_thing' })),
      readStep('good', async () => {
        await slow.passed;
        return { kind: 'done' };
      }),
      commitStep('after_good'),
      commitStep('after_bad', async () => expect.fail('not reached')),
    ];
    const plan = planOf(steps, { after_good: { needs: ['good'] }, after_bad: { needs: ['bad'] } });
    const id = await stack.addJob(plan);
    stack.startWorker(plan, steps);
    const meanwhile = await stack.until(id, (job) => job.steps['bad']?.state === 'failed');
    expect(meanwhile.state).toBe('open');
    slow.open();
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      reason: 'no_such_thing',
      failedStep: 'bad',
      steps: {
        bad: { state: 'failed', attempts: 1 },
        good: { state: 'done' },
        after_good: { state: 'done' },
      },
    });
  });
});

describe('a step that does not come back', () => {
  it('is left behind at its deadline, even if it ignores its signal, and retried', async () => {
    let calls = 0;
    const step = readStep(
      'ask',
      (): Promise<StepOutcome> => {
        calls += 1;
        return calls === 1 ? new Promise(() => undefined) : Promise.resolve({ kind: 'done' });
      },
      { timeoutMs: 30 },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(job.timeline).toEqual(['step.retry ask', 'step.done ask', 'job.completed']);
    expect(job.events[0]?.data).toMatchObject({ reason: 'timeout', fault: 'transient' });
  });

  it('may have taken effect outside: that is asked about before it is done again', async () => {
    const asked: string[] = [];
    let calls = 0;
    const step = outsideStep(
      'send',
      () => {
        calls += 1;
        return new Promise(() => undefined);
      },
      {
        timeoutMs: 30,
        find: async ({ effect }) => {
          asked.push(effect.key);
          return { found: true };
        },
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(job).toMatchObject({
      state: 'completed',
      effects: { 'send:1': { evidence: { found: true }, attempts: 2 } },
    });
    expect(job.events[0]?.data).toMatchObject({ reason: 'timeout', fault: 'unknown_effect' });
    expect([calls, asked]).toEqual([1, ['send:1']]);
  });

  it('gives its place at the provider to others', async () => {
    const stuck = outsideStep('stuck', () => new Promise(() => undefined), { timeoutMs: 40 });
    const quick = outsideStep('quick');
    const plan = planOf([stuck]);
    const other = planOf([quick]);
    await stack.addJobs(plan, 2);
    const id = await stack.addJob(other, { dueInMs: 20 });
    stack.startWorker([plan, other], [stuck, quick], { providerPlaces: { outside: 2 } });
    expect((await stack.untilOver(id)).state).toBe('completed');
  });
});

/** As if its time had come. */
async function makeDue(jobId: string): Promise<void> {
  await stack.rows(
    'update fulfillment.fulfillment_job_steps set due_at = clock_timestamp() where job_id = $1',
    [jobId],
  );
  await stack.rows(
    'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1',
    [jobId],
  );
}
