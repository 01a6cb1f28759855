import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/domain/plan.ts';
import { planKey } from '../../../src/domain/plan.ts';
import type { JobStore } from '../../../src/ports/jobStore.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
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

  it('that waits for somebody does not hold up the others for long', async () => {
    const hung: string[] = [];
    const never = gate();
    const lostStep = readStep('ask', async (job) => {
      hung.push(job.jobId);
      await never.passed;
      return { kind: 'done' };
    });
    const lost = planOf([lostStep]);
    const ids = await stack.addJobs(lost, 3);
    await claimAndVanish(lost);
    const freshStep = readStep('look');
    const fresh = planOf([freshStep]);
    const newcomer = await stack.addJob(fresh);
    const startedMs = Date.now();
    stack.startWorker([lost, fresh], [lostStep, freshStep], { aloneMs: 150 });
    await eventually(() => hung.length === 3);
    // One after the other, each with its time to itself.
    expect(Date.now() - startedMs).toBeGreaterThan(290);
    expect((await stack.untilOver(newcomer)).state).toBe('completed');
    never.open();
    for (const id of ids) expect((await stack.untilOver(id)).state).toBe('completed');
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

  it('is given up as a whole, and blamed on the step that was at work', async () => {
    const never = () => expect.fail('not run again');
    const steps = [outsideStep('first', never), outsideStep('second', never)];
    const plan = planOf(steps);
    const id = await stack.addJob(plan);
    await stack.admin.query(
      `insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, attempts, lease_token)
       values ($1, 'second', 'second:1', 'intended', 1, 1)`,
      [id],
    );
    await stack.admin.query(
      'update fulfillment.fulfillment_dispatch set alone = true, losses_alone = 3, lease_token = 5 where job_id = $1',
      [id],
    );
    stack.startWorker(plan, steps);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      reason: 'crash_loop',
      failedStep: 'second',
      timeline: ['step.failed second', 'job.failed'],
    });
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
    const waits = async (): Promise<StepOutcome> => {
      await held.passed;
      return { kind: 'done' };
    };
    const steps = [readStep('long', waits, { timeoutMs: 60_000 }), readStep('short')];
    const [long, short, lost] = [
      planOf([steps[0] as never]),
      planOf([steps[1] as never]),
      planOf([steps[1] as never]),
    ];
    const noticed = gate();
    const busyWith = await stack.addJob(long);
    stack.startWorker([long, short, lost], steps, {
      wrap: (inner) => ({
        ...inner,
        claim: async (request) => {
          const result = await inner.claim(request);
          if (result.aloneDue) noticed.open();
          return result;
        },
      }),
    });
    await stack.until(busyWith, (job) => job.dispatch?.worker !== null);
    await stack.addJob(lost);
    await claimAndVanish(lost, { leaseMs: 1 });
    await noticed.passed;
    // Somebody else runs it now: this worker may take others again, though it still has its hands full.
    expect(await claimAndVanish(lost, { alone: true, leaseMs: 60_000 })).toHaveLength(1);
    const next = await stack.addJob(short);
    expect((await stack.untilOver(next)).state).toBe('completed');
    held.open();
    await stack.untilOver(busyWith);
  });
});
