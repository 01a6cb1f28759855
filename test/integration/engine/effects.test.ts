import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { JsonObject } from '../../../src/ports/step.ts';
import { clientOf } from '../../../src/store/transaction.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { outsideStep, planOf } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** An outside world that knows what was done to it. */
function outsideWorld() {
  const done: string[] = [];
  const asked: string[] = [];
  return {
    done,
    asked,
    act: (key: string): JsonObject => {
      done.push(key);
      return { made: true };
    },
    find: async ({ effect }: { effect: { key: string } }): Promise<JsonObject | undefined> => {
      asked.push(effect.key);
      return done.includes(effect.key) ? { found: true } : undefined;
    },
  };
}

describe('an effect outside', () => {
  it('is announced in a committed row before it is made, and proven after', async () => {
    let announced: unknown;
    const step = outsideStep('send', async ({ job }) => {
      announced = (await stack.see(job.jobId)).effects['send:1'];
      return { reference: 'r1' };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(announced).toMatchObject({ state: 'intended', attempts: 1, evidence: null });
    expect(job.effects['send:1']).toMatchObject({
      state: 'done',
      attempts: 1,
      evidence: { reference: 'r1' },
    });
  });

  it('is not asked about when it was never announced', async () => {
    const world = outsideWorld();
    const step = outsideStep('send', async ({ effect }) => world.act(effect.key), { find: world.find });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    await stack.untilOver(id);
    expect(world).toMatchObject({ done: ['send:1'], asked: [] });
  });

  it('is not made when its transaction finds that it is owed no more, and says why', async () => {
    const step = outsideStep('send', async () => expect.fail('not owed'), {
      intend: async (_tx, rows) => new Map(rows.map(({ job }) => [job.jobId, 'payment_taken_back'])),
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const job = await stack.untilOver(id);
    expect(job).toMatchObject({
      state: 'completed',
      effects: { 'send:1': { state: 'done', evidence: { skipped: 'payment_taken_back' } } },
      timeline: ['effect.skipped send', 'job.completed'],
    });
  });

  it('lets its step write beside intent, result and fault, each with what belongs to it', async () => {
    const told: string[] = [];
    let tries = 0;
    const step = outsideStep(
      'send',
      async () => {
        tries += 1;
        if (tries === 1) throw new Fault(aFault());
        return { reference: 'r2' };
      },
      {
        intend: async (tx, rows) => {
          await clientOf(tx).query('select 1');
          told.push(...rows.map(({ attempt, leaseToken }) => `intend ${attempt} ${typeof leaseToken}`));
          return new Map();
        },
        recordFault: async (_tx, rows) => void told.push(...rows.map(({ fault }) => `fault ${fault.reason}`)),
        record: async (_tx, rows) =>
          void told.push(...rows.map(({ evidence }) => `record ${JSON.stringify(evidence)}`)),
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    await stack.untilOver(id);
    expect(told).toEqual([
      'intend 1 bigint',
      'fault test_trouble',
      'intend 2 bigint',
      'record {"reference":"r2"}',
    ]);
  });

  it('that could not be prepared was not attempted: no fault is written into a ledger of attempts', async () => {
    const told: string[] = [];
    let tries = 0;
    const step = outsideStep('send', undefined, {
      prepare: async () => {
        tries += 1;
        if (tries === 1) throw new Fault(aFault());
        return { kind: 'ready', prepared: null };
      },
      recordFault: async () => void told.push('fault'),
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect((await stack.untilOver(id)).timeline).toEqual([
      'effect.retry send',
      'effect.done send',
      'job.completed',
    ]);
    expect(told).toEqual([]);
  });
});

describe('a step that cannot tell what it owes', () => {
  it('is at fault itself: it is retried and fails, and others are not hurt', async () => {
    const confused = outsideStep('confused', undefined, {
      effects: (job) => {
        throw new Error(`the order of ${job.payment?.orderId} makes no sense`);
      },
    });
    const fine = outsideStep('fine');
    const [bad, good] = [planOf([confused, fine]), planOf([fine])];
    const id = await stack.addJob(bad);
    const others = await stack.addJobs(good, 5);
    const { telemetry } = stack.startWorker([bad, good], [confused, fine], { lingerMs: 10 });
    for (const other of others) expect((await stack.untilOver(other)).state).toBe('completed');
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'failed',
      failedStep: 'confused',
      reason: 'unexpected_error',
      steps: { confused: { state: 'failed', attempts: 3 }, fine: { state: 'done' } },
    });
    expect(telemetry.of('unexpected.error').length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(telemetry.events)).not.toContain('makes no sense');
  });
});
