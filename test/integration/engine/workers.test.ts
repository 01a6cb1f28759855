import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planKey } from '../../../src/domain/plan.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { gate, planOf, readStep } from '../../builders/steps.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

describe('several workers side by side', () => {
  it('never run the same job at the same time, and each job once', async () => {
    const now = new Set<string>();
    const runs = new Map<string, number>();
    let together = 0;
    const step = readStep('ask', async (job) => {
      if (now.has(job.jobId)) together += 1;
      now.add(job.jobId);
      runs.set(job.jobId, (runs.get(job.jobId) ?? 0) + 1);
      await new Promise((resolve) => setImmediate(resolve));
      now.delete(job.jobId);
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 60);
    const workers = [1, 2, 3].map(() => stack.startWorker(plan, [step], { jobsMax: 7 }));
    for (const id of ids) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(together).toBe(0);
    expect([...runs.values()]).toEqual(Array.from({ length: 60 }, () => 1));
    expect(
      workers.filter(({ telemetry }) => telemetry.of('job.completed').length > 0).length,
    ).toBeGreaterThan(1);
    expect(workers.flatMap(({ telemetry }) => telemetry.of('lease.lost'))).toEqual([]);
  });

  it('are told apart by the token, even under one name', async () => {
    const step = readStep('ask');
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 10);
    stack.startWorker(plan, [step], { name: 'clone' });
    stack.startWorker(plan, [step], { name: 'clone' });
    for (const id of ids)
      expect((await stack.untilOver(id)).timeline).toEqual(['step.done ask', 'job.completed']);
  });

  it('keep a lease alive for as long as the work takes', async () => {
    const slow = gate();
    let runs = 0;
    const step = readStep('ask', async () => {
      runs += 1;
      await slow.passed;
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const [first, second] = [1, 2].map(() => stack.startWorker(plan, [step], { leaseMs: 500 }));
    await eventually(() => runs === 1);
    const beats = await stack.until(id, (job) => (job.dispatch?.dueInMs ?? 0) > 0);
    const startedMs = Date.now();
    await eventually(() => Date.now() - startedMs > 1_200);
    slow.open();
    const job = await stack.untilOver(id);
    expect(beats.dispatch?.token).toBe(1);
    expect([runs, job.steps['ask']?.token]).toEqual([1, 1]);
    expect([first, second].flatMap((one) => one?.telemetry.of('lease.lost'))).toEqual([]);
  });
});

describe('plans', () => {
  it('that a worker does not know are left alone', async () => {
    const step = readStep('ask');
    const [known, unknown] = [planOf([step]), planOf([step])];
    const left = await stack.addJob(unknown);
    const taken = await stack.addJob(known);
    stack.startWorker(known, [step]);
    await stack.untilOver(taken);
    expect(await stack.see(left)).toMatchObject({
      state: 'open',
      dispatch: { token: 0, worker: null },
      timeline: [],
    });
  });

  it('that hold a step in a version nobody here knows wait for another worker, without haste', async () => {
    const step = readStep('ask', async () => expect.fail('another version'));
    const plan = planOf([step]);
    const newer = { ...plan, steps: plan.steps.map((planned) => ({ ...planned, version: 2 })) };
    const id = await stack.addJob(newer);
    stack.startWorker(plan, [step]);
    const job = await stack.until(id, (seen) => seen.dispatch?.token === 1 && !seen.dispatch.worker);
    expect(job).toMatchObject({ state: 'open', steps: {}, timeline: [] });
    expect(job.dispatch?.dueInMs).toBeGreaterThan(50_000);
  });

  it('that a worker could not run are refused at its start', () => {
    const plan = planOf([readStep('ask')]);
    expect(() => stack.startWorker(plan, [])).toThrow(/needs step ask in version 1/);
    expect(() => stack.startWorker(plan, [{ ...readStep('ask'), version: 2 }])).toThrow(/in version 1/);
  });
});

describe('stopping', () => {
  it('lets what runs finish, and gives back what does not, due at once', async () => {
    const slow = gate();
    let started = 0;
    const steps = [
      readStep('quick', async () => {
        started += 1;
        await slow.passed;
        return { kind: 'done' };
      }),
      readStep('endless', () => {
        started += 1;
        return new Promise(() => undefined);
      }),
    ];
    const [quick, endless] = [planOf([steps[0] as never]), planOf([steps[1] as never])];
    const [finishes, stays] = [await stack.addJob(quick), await stack.addJob(endless)];
    const one = stack.startWorker([quick, endless], steps);
    await eventually(() => started === 2);
    slow.open();
    await one.stop(150);
    expect((await stack.see(finishes)).state).toBe('completed');
    const left = await stack.see(stays);
    expect(left).toMatchObject({ state: 'open', dispatch: { worker: null, isolation: 0, lossesAlone: 0 } });
    expect(left.dispatch?.dueInMs).toBeLessThanOrEqual(0);
    expect(one.telemetry.of('worker.stopped')).toMatchObject([{ handedBack: 1 }]);
  });

  it('takes nothing that comes from the database after the order to stop', async () => {
    const answer = gate();
    const asked = gate();
    const step = readStep('ask', async () => expect.fail('not begun'));
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const one = stack.startWorker(plan, [step], {
      wrap: (inner) => ({
        ...inner,
        claim: async (request) => {
          const result = await inner.claim(request);
          asked.open();
          await answer.passed;
          return result;
        },
      }),
    });
    await asked.passed;
    const stopped = one.stop(50);
    answer.open();
    await stopped;
    expect(await stack.see(id)).toMatchObject({ steps: {}, dispatch: { worker: null, token: 1 } });
  });

  it('a worker is known by name and plans while it works', async () => {
    const step = readStep('ask');
    const plan = planOf([step]);
    const one = stack.startWorker(plan, [step], { name: 'known-by-name' });
    await eventually(async () => {
      const found = await stack.rows(
        `select from fulfillment.workers where name = 'known-by-name' and plan_keys = $1`,
        [[planKey(plan)]],
      );
      return found.length === 1;
    });
    await one.stop();
  });
});
