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
async function claimAndVanish(
  plan: Plan,
  options: { isolated?: boolean; leaseMs?: number; restsMs?: number[] } = {},
) {
  const { isolated = false, leaseMs = 40, restsMs = [0, 0] } = options;
  const { jobs } = await store.claim({
    worker: 'gone',
    limit: 100,
    leaseMs,
    planKeys: [planKey(plan)],
    isolated,
    restsMs,
  });
  return jobs;
}

/** A job whose next worker has it alone, after so many have vanished with it alone. */
async function addLostAlone(plan: Plan, losses: number): Promise<string> {
  const id = await stack.addJob(plan);
  await stack.admin.query(
    `update fulfillment.fulfillment_dispatch set isolation = 2, losses_alone = $2, lease_token = 5 where job_id = $1`,
    [id, losses],
  );
  return id;
}

describe('a dead worker’s job', () => {
  it('is taken over after its lease, in a small group apart from all others, and completed', async () => {
    const together = { lost: 0, mixed: false };
    const running = { lost: 0, fresh: 0 };
    const counted = (kind: 'lost' | 'fresh') =>
      readStep(kind, async () => {
        running[kind] += 1;
        together.lost = Math.max(together.lost, running.lost);
        together.mixed ||= running.lost > 0 && running.fresh > 0;
        await new Promise((resolve) => setTimeout(resolve, 5));
        running[kind] -= 1;
        return { kind: 'done' };
      });
    const [lostStep, freshStep] = [counted('lost'), counted('fresh')];
    const [lost, fresh] = [planOf([lostStep]), planOf([freshStep])];
    const ids = await stack.addJobs(lost, 40);
    expect(await claimAndVanish(lost)).toHaveLength(40);
    const others = await stack.addJobs(fresh, 5);
    const { telemetry } = stack.startWorker([lost, fresh], [lostStep, freshStep], {
      providerPlaces: { reading: 100 },
    });
    for (const id of [...ids, ...others]) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(together.mixed).toBe(false);
    expect(together.lost).toBeGreaterThan(1);
    expect(together.lost).toBeLessThanOrEqual(32);
    const told = telemetry.of('job.taken_over').map(({ jobId }) => jobId);
    expect(told.toSorted()).toEqual(ids.toSorted());
  });

  it('is worked on alone once a worker has vanished with its small group too', async () => {
    let running = 0;
    let most = 0;
    const step = readStep('ask', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
      return { kind: 'done' };
    });
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 4);
    await claimAndVanish(plan, { leaseMs: 1 });
    await eventually(async () => {
      await claimAndVanish(plan, { leaseMs: 1 });
      return (await claimAndVanish(plan, { isolated: true, leaseMs: 1 })).length === 4;
    });
    stack.startWorker(plan, [step]);
    for (const id of ids) expect((await stack.untilOver(id)).state).toBe('completed');
    expect(most).toBe(1);
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
    stack.startWorker([lost, fresh], [lostStep, freshStep], { isolatedMs: 300 });
    await eventually(() => hung.length === 3);
    const begunMs = Date.now();
    const newcomer = await stack.addJob(fresh);
    expect((await stack.untilOver(newcomer)).state).toBe('completed');
    // Together they have a time to themselves.
    expect(Date.now() - begunMs).toBeGreaterThan(150);
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
        (await stack.see(id)).dispatch?.isolation === 1
      ),
    );
    await eventually(
      async () => (
        await claimAndVanish(plan, { isolated: true, leaseMs: 1 }),
        (await stack.see(id)).dispatch?.isolation === 2
      ),
    );
    for (let losses = 0; losses < 3; losses += 1) {
      await eventually(async () => (await claimAndVanish(plan, { isolated: true, leaseMs: 1 })).length === 1);
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
    const id = await addLostAlone(plan, 3);
    await stack.admin.query(
      `insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, attempts, lease_token)
       values ($1, 'second', 'second:1', 'intended', 1, 1)`,
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

  it('rests after each loss while alone, longer after the second, so that a storm may pass', async () => {
    const plan = planOf([readStep('ask')]);
    const id = await addLostAlone(plan, 0);
    const restOf = async () => {
      const { rows } = await stack.admin.query<{ ms: number; worker: string | null }>(
        `select extract(epoch from due_at - clock_timestamp()) * 1000 as ms, worker
           from fulfillment.fulfillment_dispatch where job_id = $1`,
        [id],
      );
      return { ms: Number(rows[0]?.ms), worker: rows[0]?.worker };
    };
    for (const [lostBefore, restMs] of [60_000, 120_000].entries()) {
      const options = { isolated: true, leaseMs: 1, restsMs: [60_000, 120_000] };
      await eventually(async () => (await claimAndVanish(plan, options)).length === 1);
      await eventually(async () => {
        expect(await claimAndVanish(plan, options)).toEqual([]);
        return (await stack.see(id)).dispatch?.lossesAlone === lostBefore + 1;
      });
      const rest = await restOf();
      expect(rest.worker).toBeNull();
      expect(rest.ms).toBeGreaterThan(restMs - 10_000);
      expect(rest.ms).toBeLessThanOrEqual(restMs);
      await stack.admin.query(
        'update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1',
        [id],
      );
    }
  });

  it('is not counted out by losses between which it got on', async () => {
    const never = gate();
    const steps = [
      readStep('first'),
      readStep('second', async () => {
        await never.passed;
        return { kind: 'done' };
      }),
    ];
    const plan = planOf(steps, { second: { needs: ['first'] } });
    const id = await addLostAlone(plan, 2);
    stack.startWorker(plan, steps);
    await stack.until(id, (job) => job.steps['first']?.state === 'done');
    const { dispatch } = await stack.until(id, (job) => job.dispatch?.lossesAlone === 0);
    // Still held, and still to be worked on alone should it be lost again.
    expect(dispatch).toMatchObject({ isolation: 2, worker: expect.any(String) });
    never.open();
    expect((await stack.untilOver(id)).state).toBe('completed');
  });

  it('is counted out by losses between which it only tried again', async () => {
    const outcomes: StepOutcome[] = [{ kind: 'wait', afterMs: 1, reason: 'later' }];
    const never = gate();
    const steps = [
      readStep('tries', async () => outcomes.pop() ?? (await never.passed, { kind: 'done' })),
      readStep('beside', async () => (await never.passed, { kind: 'done' })),
    ];
    const plan = planOf(steps);
    const id = await addLostAlone(plan, 2);
    stack.startWorker(plan, steps);
    await stack.until(id, (job) => job.steps['tries']?.state === 'waiting');
    expect((await stack.see(id)).dispatch).toMatchObject({ lossesAlone: 2 });
    never.open();
    expect((await stack.untilOver(id)).state).toBe('completed');
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
      expect(dispatch).toMatchObject({ isolation: 0, lossesAlone: 0 });
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
          if (result.isolatedDue) noticed.open();
          return result;
        },
      }),
    });
    await stack.until(busyWith, (job) => job.dispatch?.worker !== null);
    // Claimed by one that is gone, in one stroke: this worker would take it, were it due for a moment.
    const gone = await stack.addJob(lost, { dueInMs: 60_000 });
    await stack.admin.query(
      `update fulfillment.fulfillment_dispatch set worker = 'gone', lease_token = 1, due_at = clock_timestamp() where job_id = $1`,
      [gone],
    );
    await noticed.passed;
    // Somebody else runs it now: this worker may take others again, though it still has its hands full.
    expect(await claimAndVanish(lost, { isolated: true, leaseMs: 60_000 })).toHaveLength(1);
    const next = await stack.addJob(short);
    expect((await stack.untilOver(next)).state).toBe('completed');
    held.open();
    await stack.untilOver(busyWith);
  });
});
