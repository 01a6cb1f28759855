import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { JsonObject } from '../../../src/ports/step.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { commitStep, gate, outsideStep, planOf } from '../../builders/steps.ts';
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

describe('an effect of which nobody knows whether it happened', () => {
  it.each([
    ['whose answer was lost', () => new Fault(aFault({ kind: 'unknown_effect', reason: 'answer_lost' }))],
    ['whose adapter broke afterwards', () => new TypeError('reading the answer')],
  ])('%s is found, and not made again', async (_title, error) => {
    const world = outsideWorld();
    const step = outsideStep(
      'send',
      async ({ effect }) => {
        world.act(effect.key);
        throw error();
      },
      { find: world.find },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      effects: { 'send:1': { state: 'done', attempts: 2, evidence: { found: true } } },
    });
    expect(world).toMatchObject({ done: ['send:1'], asked: ['send:1'] });
  });

  it('is made when it is asked about and not found', async () => {
    const world = outsideWorld();
    let tries = 0;
    const step = outsideStep(
      'send',
      async ({ effect }) => {
        tries += 1;
        if (tries === 1) throw new Fault(aFault({ kind: 'unknown_effect' }));
        return world.act(effect.key);
      },
      { find: world.find },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    const seen = await stack.untilOver(id);
    expect(seen.effects['send:1']).toMatchObject({ state: 'done', evidence: { made: true } });
    expect(world.asked).toEqual(['send:1']);
  });

  it.each(['transient', 'rate_limited', 'needs_human'] as const)(
    'is asked about again when the question itself fails (%s), and not made meanwhile',
    async (kind) => {
      const world = outsideWorld();
      let questions = 0;
      const step = outsideStep(
        'send',
        async ({ effect }) => {
          world.act(effect.key);
          throw new Fault(aFault({ kind: 'unknown_effect' }));
        },
        {
          retry: { baseMs: 5, capMs: 5, attemptsMax: 9, retryAfterCapMs: 10 },
          find: (input) => {
            questions += 1;
            return questions < 4
              ? Promise.reject(new Fault(aFault({ kind, reason: 'journal_away', retryAfterMs: 5 })))
              : world.find(input);
          },
        },
      );
      const plan = planOf([step]);
      const id = await stack.addJob(plan);
      stack.startWorker(plan, [step]);
      const job = await stack.untilOver(id);
      expect(job).toMatchObject({ state: 'completed', effects: { 'send:1': { evidence: { found: true } } } });
      expect([world.done, questions]).toEqual([['send:1'], 4]);
    },
  );

  it('is not forgotten over a failure to prepare the next attempt', async () => {
    const world = outsideWorld();
    let preparations = 0;
    const step = outsideStep(
      'send',
      async ({ effect }) => {
        world.act(effect.key);
        throw new Fault(aFault({ kind: 'unknown_effect' }));
      },
      {
        retry: { baseMs: 5, capMs: 5, attemptsMax: 9, retryAfterCapMs: 10 },
        find: world.find,
        prepare: async () => {
          preparations += 1;
          if (preparations === 2) throw new Fault(aFault());
          if (preparations === 3) return { kind: 'block', reason: 'file_missing', recheckMs: 5 };
          return { kind: 'ready', prepared: null };
        },
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    expect((await stack.untilOver(id)).state).toBe('completed');
    expect(world.done).toEqual(['send:1']);
  });

  it('is not made by whoever was left behind while asking', async () => {
    const world = outsideWorld();
    const answer = gate();
    let questions = 0;
    const step = outsideStep(
      'send',
      async ({ effect }) => {
        if (questions === 0) throw new Fault(aFault({ kind: 'unknown_effect' }));
        return world.act(effect.key);
      },
      {
        timeoutMs: 30,
        find: async () => {
          questions += 1;
          if (questions === 1) await answer.passed;
          return undefined;
        },
      },
    );
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    await eventually(() => questions === 2);
    answer.open();
    expect((await stack.untilOver(id)).state).toBe('completed');
    expect(world.done).toEqual(['send:1']);
  });
});

describe('a crash between effect and record', () => {
  it('is asked about by the successor, and nothing is made twice', async () => {
    const world = outsideWorld();
    const hung = gate();
    const dying = outsideStep(
      'send',
      async ({ effect }) => {
        world.act(effect.key);
        hung.open();
        return new Promise(() => undefined);
      },
      { find: world.find },
    );
    const step = outsideStep('send', async ({ effect }) => world.act(effect.key), { find: world.find });
    const after = commitStep('after');
    const plan = planOf([step, after], { after: { needs: ['send'] } });
    const id = await stack.addJob(plan);
    const first = stack.startWorker(plan, [dying, after], {
      leaseMs: 200,
      // What is dead writes nothing more.
      wrap: (inner) => ({
        ...inner,
        extendLeases: () => new Promise(() => undefined),
        handBack: async () => 0,
      }),
    });
    await hung.passed;
    await first.stop(0);
    expect(await stack.see(id)).toMatchObject({ effects: { 'send:1': { state: 'intended' } } });
    const second = stack.startWorker(plan, [step, after]);
    expect(await stack.untilOver(id)).toMatchObject({
      state: 'completed',
      effects: { 'send:1': { state: 'done', attempts: 2, evidence: { found: true } } },
      steps: { after: { state: 'done' } },
    });
    expect(world).toMatchObject({ done: ['send:1'], asked: ['send:1'] });
    expect(second.telemetry.of('job.taken_over')).toHaveLength(1);
  });
});
