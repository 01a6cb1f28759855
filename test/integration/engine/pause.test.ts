import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pauseMaxMs, type ProviderPauses } from '../../../src/ports/providerPauses.ts';
import type { Random } from '../../../src/ports/random.ts';
import { createProviderPauses } from '../../../src/store/providers/pauses.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { sharingProviders, stepAt } from '../../builders/sharedProviders.ts';
import { planOf } from '../../builders/steps.ts';

let stack: EngineStack;
let shared: ReturnType<typeof sharingProviders>;
let pauses: ProviderPauses;

beforeAll(async () => {
  stack = await startEngineStack();
  shared = sharingProviders(stack);
  pauses = createProviderPauses(stack.poolAs('fulfillment_worker', 2));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const well = async () => undefined;
const noJitter: Random = { next: () => 0, bytes: (length) => new Uint8Array(length) };
const pause = (provider: string, forMs = 3_600_000) =>
  pauses.pause({ provider, forMs, by: 'ann', reason: 'The server moves.' });
const seeAll = (ids: string[]) => Promise.all(ids.map((id) => stack.see(id)));

describe('a provider that is paused by people', () => {
  it('is not called by any worker; its work waits without an attempt and is told of it once', async () => {
    const mail = stepAt('mail', well);
    const files = stepAt('files', well);
    const steps = [mail.step, files.step];
    const plan = planOf(steps);
    await pause('mail');
    const ids = await stack.addJobs(plan, 6);
    [1, 2].forEach(() => shared.startWorker(plan, steps));
    const areParked = async () =>
      (await seeAll(ids)).every(
        ({ effects, dispatch }) =>
          effects['mail:1']?.reason === 'provider_paused' && (dispatch?.dueInMs ?? 0) > 5_000,
      );
    for (let recheck = 0; recheck < 3; recheck += 1) {
      await eventually(areParked);
      await shared.makeDue();
    }
    await eventually(areParked);
    expect(mail.calls).toEqual([]);
    for (const job of await seeAll(ids)) {
      expect(job.timeline.toSorted()).toEqual(['effect.done files', 'effect.waiting mail']);
      expect(job.effects['mail:1']).toMatchObject({ state: 'waiting', attempts: 0 });
      expect(job.effects['mail:1']?.dueInMs).toBeGreaterThan(5_000);
      expect(job.effects['mail:1']?.dueInMs).toBeLessThanOrEqual(20_000);
    }

    expect(await pauses.resume('mail')).toBe(true);
    await eventually(async () => {
      await shared.makeDue();
      return (await seeAll(ids)).every(({ state }) => state === 'completed');
    });
    expect(mail.calls).toHaveLength(6);
  });

  it('stops work that has begun to flow already', async () => {
    const { step, calls } = stepAt('flowing', well);
    const plan = planOf([step]);
    shared.startWorker(plan, [step]);
    await stack.untilOver(await stack.addJob(plan));
    await pause('flowing');
    // What a worker knows is a second old at most while it is busy.
    await eventually(async () => {
      await stack.addJob(plan);
      const [row] = await stack.rows<{ parked: boolean }>(
        `select exists (select from fulfillment.fulfillment_job_effects where reason = 'provider_paused' and step = 'flowing') as parked`,
      );
      return row?.parked ?? false;
    });
    const made = calls.length;
    const ids = await stack.addJobs(plan, 5);
    await eventually(async () =>
      (await seeAll(ids)).every(({ effects }) => effects['flowing:1']?.reason === 'provider_paused'),
    );
    expect(calls).toHaveLength(made);
  });

  it('is called again by itself when its time is over', async () => {
    const { step, calls } = stepAt('short', well);
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    await pause('short', 400);
    const beganMs = performance.now();
    shared.startWorker(plan, [step], { random: noJitter });
    const job = await stack.untilState(id, 'completed');
    expect((calls[0] ?? 0) - beganMs).toBeGreaterThan(200);
    expect(job.timeline).toEqual(['effect.waiting short', 'effect.done short', 'job.completed']);
    expect(job.effects['short:1']?.attempts).toBe(1);
  });
});

describe('a pause', () => {
  it('has an end within a day, an author and a reason, or it is refused', async () => {
    const sound = { provider: 'refused', forMs: 60_000, by: 'ann', reason: 'r' };
    for (const wrong of [
      { forMs: 0 },
      { forMs: -1 },
      { forMs: Number.NaN },
      { forMs: pauseMaxMs + 1 },
      { by: ' ' },
      { reason: '' },
      { reason: 'x'.repeat(1_001) },
      { provider: '' },
    ]) {
      await expect(pauses.pause({ ...sound, ...wrong })).rejects.toThrow(RangeError);
    }
    expect((await pauses.list()).map(({ provider }) => provider)).not.toContain('refused');
    await pauses.pause({ ...sound, forMs: pauseMaxMs });
    for (const wrong of [
      `paused_until = paused_at + interval '25 hours'`,
      'paused_by = null',
      `pause_reason = ''`,
    ]) {
      await expect(
        stack.rows(`update fulfillment.provider_circuits set ${wrong} where provider = 'refused'`),
      ).rejects.toThrow(/constraint/);
    }
  });

  it('can be changed, is listed while it lasts, and ended once', async () => {
    const first = await pause('listed', 60_000);
    const second = await pauses.pause({ provider: 'listed', forMs: 120_000, by: 'bob', reason: 'Longer.' });
    expect(second.getTime() - first.getTime()).toBeGreaterThan(55_000);
    const listed = async () => (await pauses.list()).find(({ provider }) => provider === 'listed');
    expect(await listed()).toMatchObject({
      state: 'closed',
      retryAt: null,
      pause: { until: second, by: 'bob', reason: 'Longer.' },
    });
    expect(await pauses.resume('listed')).toBe(true);
    expect((await listed())?.pause).toBeNull();
    expect(await pauses.resume('listed')).toBe(false);
    expect(await pauses.resume('unheard_of')).toBe(false);
  });
});
