import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderControlStore } from '../../../src/ports/providerControl.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { sharingProviders, stepAt } from '../../builders/sharedProviders.ts';
import { gate, planOf } from '../../builders/steps.ts';

let stack: EngineStack;
let shared: ReturnType<typeof sharingProviders>;

beforeAll(async () => {
  stack = await startEngineStack();
  shared = sharingProviders(stack);
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const momentMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const seeAll = (ids: string[]) => Promise.all(ids.map((id) => stack.see(id)));

/** The most calls that lie within any stretch of so many milliseconds. */
function mostWithin(calls: number[], stretchMs: number): number {
  const times = calls.toSorted((a, b) => a - b);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + stretchMs).length));
}

async function expectDoneWithoutBlame(ids: string[], provider: string): Promise<void> {
  for (const job of await seeAll(ids)) {
    expect(job.timeline).toEqual([`effect.done ${provider}`, 'job.completed']);
    expect(job.effects[`${provider}:1`]?.attempts).toBe(1);
  }
}

describe('a provider with a rate', () => {
  it('is called by two workers together no faster than it allows, and nobody is blamed for waiting', async () => {
    const { step, calls } = stepAt('rated', async () => undefined);
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 60);
    const providerLimits = { rated: { ratePerSecond: 20, burst: 5 } };
    [1, 2].forEach(() => shared.startWorker(plan, [step], { providerLimits }));
    await eventually(() => calls.length === 60, undefined, 20_000);
    // A busy machine may keep calls waiting for as long as three tokens take, and then make them at once.
    for (const stretchMs of [250, 500, 1_000, 2_000])
      expect(mostWithin(calls, stretchMs)).toBeLessThanOrEqual(5 + Math.ceil((20 * stretchMs) / 1_000) + 3);
    // 55 tokens take 2.75 s; much more would mean that tokens were there and nobody took them.
    const tookMs = Math.max(...calls) - Math.min(...calls);
    expect(tookMs).toBeGreaterThan(2_400);
    expect(tookMs).toBeLessThan(5_500);
    for (const id of ids) await stack.untilState(id, 'completed');
    await expectDoneWithoutBlame(ids, 'rated');
  });

  it('holds up nothing else, and no job is held for it', async () => {
    const slow = stepAt('dripping', async () => undefined);
    const quick = stepAt('unlimited', async () => undefined);
    const steps = [slow.step, quick.step];
    const plan = planOf(steps);
    const ids = await stack.addJobs(plan, 50);
    shared.startWorker(plan, steps, {
      jobsMax: 8,
      providerLimits: { dripping: { ratePerSecond: 0.01, burst: 1 } },
    });
    await eventually(() => quick.calls.length === 50);
    await eventually(async () => (await seeAll(ids)).every(({ dispatch }) => !dispatch?.worker));
    expect(slow.calls).toHaveLength(1);
    const waiting = (await seeAll(ids)).filter(({ state }) => state === 'open');
    expect(waiting).toHaveLength(49);
    for (const job of waiting) {
      expect(job.effects['dripping:1']).toMatchObject({ reason: 'provider_rate', attempts: 0 });
      expect(job.timeline).toEqual(['effect.done unlimited']);
    }
  });
});

describe('a provider with a concurrency', () => {
  it('is called by two workers together no more often at one time, and each has its share', async () => {
    let underWay = 0;
    let most = 0;
    const call = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await momentMs(10);
      underWay -= 1;
    };
    const busy = stepAt('narrow', call);
    const busyPlan = planOf([busy.step]);
    const late = stepAt('narrow', call);
    const latePlan = planOf([late.step]);
    const providerLimits = { narrow: { concurrencyMax: 3 } };
    await stack.addJobs(busyPlan, 900);
    shared.startWorker(busyPlan, [busy.step], { providerLimits });
    await eventually(() => busy.calls.length > 20);
    // One that always has work does not starve another.
    const ids = await stack.addJobs(latePlan, 20);
    const beganMs = performance.now();
    shared.startWorker(latePlan, [late.step], { providerLimits });
    await eventually(() => late.calls.length === 20, undefined, 15_000);
    expect(performance.now() - beganMs).toBeLessThan(4_000);
    expect(busy.calls.length).toBeLessThan(900);
    expect(most).toBe(3);
    for (const id of ids) await stack.untilState(id, 'completed');
    await expectDoneWithoutBlame(ids, 'narrow');
  });

  it('with fewer places than workers lets each have its turn', async () => {
    const [one, two] = [1, 2].map(() => stepAt('single', () => momentMs(25)));
    if (!one || !two) throw new Error('There are two.');
    for (const { step } of [one, two]) {
      const plan = planOf([step]);
      await stack.addJobs(plan, 400);
      shared.startWorker(plan, [step], { providerLimits: { single: { concurrencyMax: 1 } } });
    }
    await eventually(() => one.calls.length > 20 && two.calls.length > 20, undefined, 15_000);
    // Neither has had to finish before the other began.
    expect(Math.max(one.calls.length, two.calls.length)).toBeLessThan(400);
  });

  it('gets back the places of a worker that died, and at once those of one that was stopped', async () => {
    const never = gate();
    const stuck = stepAt('mortal', () => never.passed, { timeoutMs: 60_000 });
    const plan = planOf([stuck.step]);
    const next = stepAt('mortal', async () => undefined);
    const nextPlan = planOf([next.step]);
    const providerLimits = { mortal: { concurrencyMax: 2 } };
    let isDead = false;
    await stack.addJobs(plan, 2);
    const mortal = shared.startWorker(plan, [stuck.step], {
      providerLimits,
      wrapControl: (control) => ({
        ...control,
        shareSlots: (...asked: Parameters<ProviderControlStore['shareSlots']>) =>
          isDead ? Promise.reject(new Error('dead')) : control.shareSlots(...asked),
      }),
    });
    await eventually(() => stuck.calls.length === 2);
    isDead = true;
    await mortal.stop(0);
    const heir = shared.startWorker(nextPlan, [next.step], { providerLimits });
    const ids = await stack.addJobs(nextPlan, 4);
    await momentMs(400);
    expect(next.calls).toEqual([]);
    await stack.rows(
      `update fulfillment.provider_slots set expires_at = expires_at - interval '10 seconds' where held > 0`,
    );
    for (const id of ids) await stack.untilState(id, 'completed');
    await heir.stop();
    const left = `select worker from fulfillment.provider_slots where provider = 'mortal' and expires_at > clock_timestamp()`;
    expect(await stack.rows(left)).toEqual([]);
    never.open();
  });
});

describe('without limits', () => {
  it('nobody asks the database for tokens or places; with them, an idle worker asks no more', async () => {
    const asked: string[] = [];
    const wrapControl = (control: ProviderControlStore) =>
      new Proxy(control, {
        get: (target, name: keyof ProviderControlStore) => {
          asked.push(name);
          return target[name];
        },
      });
    const free = stepAt('free', async () => undefined);
    const limited = stepAt('limited', async () => undefined);
    const plan = planOf([free.step]);
    const limitedPlan = planOf([limited.step]);
    const providerLimits = { limited: { ratePerSecond: 100, concurrencyMax: 2 } };
    shared.startWorker([plan, limitedPlan], [free.step, limited.step], { providerLimits, wrapControl });
    for (const id of await stack.addJobs(plan, 20)) await stack.untilOver(id);
    expect(asked.filter((name) => name !== 'read')).toEqual([]);
    await stack.untilOver(await stack.addJob(limitedPlan));
    await eventually(async () => {
      const rows = await stack.rows(`select from fulfillment.provider_slots where provider = 'limited'`);
      return rows.length === 0;
    });
    const before = asked.length;
    await momentMs(1_200);
    expect(asked.length).toBe(before);
  });
});
