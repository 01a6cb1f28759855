import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext, StepOutcome } from '../../../src/ports/step.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** Somebody else has taken the job over: what the holder does from now on is a dead man's work. */
const takeOver = (jobId: string) =>
  stack.rows(
    `update fulfillment.fulfillment_dispatch
        set lease_token = lease_token + 1, worker = 'successor', due_at = clock_timestamp() + interval '1 minute'
      where job_id = $1`,
    [jobId],
  );

describe('a worker whose lease was taken over', () => {
  it('has its record refused, and nothing of it is written', async () => {
    const made = gate();
    const started = gate();
    const commits: string[] = [];
    const steps = [
      outsideStep('send', async () => {
        started.open();
        await made.passed;
        return { late: true };
      }),
      commitStep('after', async (_tx, jobs) => {
        commits.push(...jobs.map((job) => job.jobId));
        return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
      }),
    ];
    const plan = planOf(steps, { after: { needs: ['send'] } });
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, steps);
    await started.passed;
    const before = await stack.see(id);
    await takeOver(id);
    made.open();
    await eventually(() => telemetry.of('lease.lost').length > 0);
    const job = await stack.see(id);
    expect(commits).toEqual([]);
    expect(job).toMatchObject({
      state: 'open',
      timeline: before.timeline,
      effects: { 'send:1': { state: 'intended' } },
    });
    expect(job.dispatch).toMatchObject({ worker: 'successor', token: 2 });
  });

  it('is told by its signal at the next beat', async () => {
    let context: StepContext | undefined;
    const step = readStep('ask', (_job, given): Promise<StepOutcome> => {
      context = given;
      return new Promise((_, reject) => {
        given.signal.addEventListener('abort', () => reject(given.signal.reason as Error), { once: true });
      });
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step], { leaseMs: 150 });
    await eventually(() => context !== undefined);
    await takeOver(id);
    await eventually(() => context?.signal.aborted === true);
    expect(telemetry.of('lease.lost')).toMatchObject([{ jobId: id }]);
    expect(telemetry.of('unexpected.error')).toEqual([]);
    expect(await stack.see(id)).toMatchObject({ steps: {}, dispatch: { worker: 'successor' } });
  });

  it('does not begin an effect whose intent was refused', async () => {
    let calls = 0;
    const step = outsideStep(
      'send',
      async () => {
        calls += 1;
        return {};
      },
      {
        prepare: async (job) => {
          await takeOver(job.jobId);
          return { kind: 'ready', prepared: null };
        },
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step]);
    await eventually(() => telemetry.of('lease.lost').length > 0);
    expect(calls).toBe(0);
    expect((await stack.see(id)).effects).toEqual({});
  });

  it('hurts only that job: its neighbours in the batch are recorded', async () => {
    const ready = gate();
    let started = 0;
    const steps = [
      readStep('ask', async () => {
        started += 1;
        await ready.passed;
        return { kind: 'done' };
      }),
    ];
    const plan = planOf(steps);
    const ids = await stack.addJobs(plan, 6);
    const { telemetry } = stack.startWorker(plan, steps, { lingerMs: 20 });
    await eventually(() => started === ids.length);
    const [lost = '', ...kept] = ids;
    await takeOver(lost);
    ready.open();
    for (const id of kept) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(telemetry.of('lease.lost')).toMatchObject([{ jobId: lost }]);
    expect((await stack.see(lost)).timeline).toEqual([]);
  });

  it('does not begin a job of which it learns when the lease may have ended, and gives it back', async () => {
    const leaseMs = 300;
    let runs = 0;
    let isLate = true;
    const step = readStep('ask', async () => {
      runs += 1;
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const { telemetry } = stack.startWorker(plan, [step], {
      leaseMs,
      wrap: (inner) => ({
        ...inner,
        claim: async (request) => {
          const result = await inner.claim(request);
          if (result.jobs.length > 0 && isLate) await new Promise((resolve) => setTimeout(resolve, leaseMs));
          if (result.jobs.length > 0) isLate = false;
          return result;
        },
      }),
    });
    const job = await stack.untilOver(id);
    expect([runs, job.steps['ask']?.token]).toEqual([1, 2]);
    expect(telemetry.of('job.taken_over')).toEqual([]);
  });

  it('gives its work up by itself when the database does not answer its beats', async () => {
    let mute = false;
    let aborted = false;
    const step = readStep('ask', (_job, { signal }): Promise<StepOutcome> => {
      signal.addEventListener('abort', () => (aborted = true), { once: true });
      return new Promise(() => undefined);
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const leaseMs = 300;
    stack.startWorker(plan, [step], {
      leaseMs,
      wrap: (inner) => ({
        ...inner,
        extendLeases: (leases, ms) => (mute ? new Promise(() => undefined) : inner.extendLeases(leases, ms)),
      }),
    });
    const held = await stack.until(id, (job) => job.dispatch?.worker !== null);
    mute = true;
    const startedMs = Date.now();
    await eventually(() => aborted);
    expect(Date.now() - startedMs).toBeLessThan(leaseMs);
    expect(held.dispatch?.token).toBe(1);
  });
});
