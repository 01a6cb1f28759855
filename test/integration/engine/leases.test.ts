import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/domain/plan.ts';
import { planKey } from '../../../src/domain/plan.ts';
import type { JobStore } from '../../../src/ports/jobStore.ts';
import type { StepContext, StepOutcome } from '../../../src/ports/step.ts';
import { createJobStore } from '../../../src/store/jobs/jobStore.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf, readStep } from '../../builders/steps.ts';

let stack: EngineStack;
let store: JobStore;

beforeAll(async () => {
  stack = await startEngineStack();
  store = createJobStore(stack.poolAs('fulfillment_worker', 2));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** A worker that claims and is never heard of again. */
async function claimAndVanish(plan: Plan, options: { alone?: boolean; leaseMs?: number } = {}) {
  const { alone = false, leaseMs = 40 } = options;
  const { jobs } = await store.claim({
    worker: 'gone',
    limit: 100,
    leaseMs,
    planKeys: [planKey(plan)],
    alone,
  });
  return jobs;
}

/** Somebody else has taken the job over: what the holder does from now on is a dead man's work. */
const takeOver = (jobId: string) =>
  stack.rows(
    `update fulfillment.fulfillment_dispatch
        set lease_token = lease_token + 1, worker = 'successor', due_at = clock_timestamp() + interval '1 minute'
      where job_id = $1`,
    [jobId],
  );

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
    const [first, second] = [1, 2].map(() => stack.startWorker(plan, [step], { leaseMs: 90 }));
    await eventually(() => runs === 1);
    const beats = await stack.until(id, (job) => (job.dispatch?.dueInMs ?? 0) > 0);
    const startedMs = Date.now();
    await eventually(() => Date.now() - startedMs > 250);
    slow.open();
    const job = await stack.untilOver(id);
    expect(beats.dispatch?.token).toBe(1);
    expect([runs, job.steps['ask']?.token]).toEqual([1, 1]);
    expect([first, second].flatMap((one) => one?.telemetry.of('lease.lost'))).toEqual([]);
  });
});

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

describe('a dead worker’s job', () => {
  it('is taken over after its lease, alone, and completed', async () => {
    let others = 0;
    let running = 0;
    const step = readStep('ask', async () => {
      running += 1;
      others = Math.max(others, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 5);
    expect(await claimAndVanish(plan)).toHaveLength(5);
    const { telemetry } = stack.startWorker(plan, [step]);
    for (const id of ids) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(others).toBe(1);
    expect(
      telemetry
        .of('job.taken_over')
        .map(({ jobId }) => jobId)
        .toSorted(),
    ).toEqual(ids.toSorted());
  });

  it('is not taken before its lease ends', async () => {
    const step = readStep('ask');
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    await claimAndVanish(plan, { leaseMs: 200 });
    const startedMs = Date.now();
    stack.startWorker(plan, [step]);
    await stack.untilOver(id);
    expect(Date.now() - startedMs).toBeGreaterThan(180);
  });

  it('has its announced effects asked about, and does not make twice what was made', async () => {
    const outside = new Set(['send:1']);
    const made: string[] = [];
    const asked: string[] = [];
    const step = outsideStep(
      'send',
      async ({ effect }) => {
        made.push(effect.key);
        return { made: true };
      },
      {
        effects: () => ['send:1', 'send:2', 'send:3'].map((key) => ({ key, provider: 'outside' })),
        find: async ({ effect }) => {
          asked.push(effect.key);
          return outside.has(effect.key) ? { found: true } : undefined;
        },
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    const [claimed] = await claimAndVanish(plan);
    for (const key of ['send:1', 'send:2']) {
      await stack.rows(
        `insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, attempts, lease_token)
         values ($1, 'send', $2, 'intended', 1, $3)`,
        [id, key, claimed?.lease.token],
      );
    }
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      effects: {
        'send:1': { state: 'done', attempts: 2, evidence: { found: true } },
        'send:2': { state: 'done', attempts: 2, evidence: { made: true } },
        'send:3': { state: 'done', attempts: 1 },
      },
    });
    expect(asked.toSorted()).toEqual(['send:1', 'send:2']);
    expect(made.toSorted()).toEqual(['send:2', 'send:3']);
  });

  it('is failed as crash_loop once three workers vanished while they worked on nothing else', async () => {
    const steps = [readStep('ask', async () => expect.fail('not run again')), commitStep('after')];
    const plan = planOf(steps, { after: { needs: ['ask'] } });
    const id = await stack.addJob(plan);
    await claimAndVanish(plan, { leaseMs: 1 });
    await eventually(
      async () => (
        await claimAndVanish(plan, { leaseMs: 1 }),
        (await stack.see(id)).dispatch?.alone === true
      ),
    );
    for (let losses = 0; losses < 3; losses += 1) {
      await eventually(async () => (await claimAndVanish(plan, { alone: true, leaseMs: 1 })).length === 1);
      expect((await stack.see(id)).dispatch?.lossesAlone).toBe(losses);
    }
    const { telemetry } = stack.startWorker(plan, steps);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      reason: 'crash_loop',
      failedStep: 'ask',
      timeline: ['step.failed ask', 'job.failed'],
    });
    expect(telemetry.of('job.failed')).toMatchObject([{ step: 'ask', reason: 'crash_loop' }]);
  });

  it('is forgiven its losses when it gets on, and its neighbours were never counted', async () => {
    const step = readStep('ask', async () => ({ kind: 'wait', afterMs: 60_000, reason: 'later' }));
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 3);
    await claimAndVanish(plan, { leaseMs: 1 });
    stack.startWorker(plan, [step]);
    for (const id of ids) {
      const { dispatch } = await stack.until(
        id,
        (job) => job.steps['ask'] !== undefined && !job.dispatch?.worker,
      );
      expect(dispatch).toMatchObject({ alone: false, lossesAlone: 0 });
    }
  });

  it('does not hold up a worker that waits for its turn with it once another has it', async () => {
    const held = gate();
    const steps = [
      readStep('long', async () => {
        await held.passed;
        return { kind: 'done' };
      }),
      readStep('short'),
    ];
    const [long, short, lost] = [
      planOf([steps[0] as never]),
      planOf([steps[1] as never]),
      planOf([steps[1] as never]),
    ];
    const busyWith = await stack.addJob(long);
    const { pool } = stack.startWorker([long, short, lost], steps);
    expect(pool).toBeDefined();
    await stack.until(busyWith, (job) => job.dispatch?.worker !== null);
    const lonely = await stack.addJob(lost);
    await claimAndVanish(lost, { leaseMs: 1 });
    await stack.until(lonely, (job) => job.dispatch?.alone === true);
    // Somebody else runs it now: this worker may take others again, though it still has its hands full.
    expect(await claimAndVanish(lost, { alone: true, leaseMs: 60_000 })).toHaveLength(1);
    const next = await stack.addJob(short);
    expect((await stack.untilOver(next)).state).toBe('completed');
    held.open();
    await stack.untilOver(busyWith);
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
    expect(left).toMatchObject({ state: 'open', dispatch: { worker: null, alone: false, lossesAlone: 0 } });
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
