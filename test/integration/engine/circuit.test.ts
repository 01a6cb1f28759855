import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault, type FaultDetails } from '../../../src/domain/fault.ts';
import type { CircuitChange, ProviderControlStore } from '../../../src/ports/providerControl.ts';
import {
  eventually,
  startEngineStack,
  type EngineStack,
  type RunningWorker,
} from '../../builders/engineStack.ts';
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

const fails = (details: Partial<FaultDetails> = {}) =>
  Promise.reject(
    new Fault({ kind: 'transient', reason: 'down', message: 'It is down.', provider: 'vendor', ...details }),
  );
const momentMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const changesOf = (...workers: RunningWorker[]): Array<CircuitChange['change']> =>
  workers.flatMap(({ telemetry }) => telemetry.of('provider.circuit')).map(({ change }) => change);
const seeAll = (ids: string[]) => Promise.all(ids.map((id) => stack.see(id)));

/** An ill provider that two workers have found out to be so. */
async function openCircuit(
  provider: string,
  make: () => Promise<unknown>,
  { jobs = 40, ...settings }: Parameters<typeof shared.startWorker>[2] & { jobs?: number } = {},
) {
  // A moment per call, as over a network: there is time to hear that others have failed.
  const at = stepAt(provider, async () => {
    await momentMs(20);
    return make();
  });
  const plan = planOf([at.step]);
  const ids = await stack.addJobs(plan, jobs);
  const startWorkers = () =>
    [1, 2].map(() => shared.startWorker(plan, [at.step], { providerPlaces: { [provider]: 3 }, ...settings }));
  const workers = startWorkers();
  await eventually(async () => (await shared.circuit(provider))?.state === 'open');
  // Who has not heard of it yet may make a call more: others go on, that know nothing but what stands in Postgres.
  await Promise.all(workers.map((worker) => worker.stop(2_000)));
  await shared.makeDue();
  workers.push(...startWorkers());
  const settled = async () =>
    (await seeAll(ids)).every(
      ({ effects, dispatch }) =>
        effects[`${provider}:1`]?.reason === 'provider_open' &&
        (dispatch?.dueInMs ?? 0) > 0 &&
        !dispatch?.worker,
    );
  await eventually(settled);
  return { ...at, plan, ids, workers, settled };
}

describe('a provider that is ill', () => {
  it('is left alone by all workers; who waits for it spends no attempt and is told once', async () => {
    const { calls, ids, settled, workers } = await openCircuit('ill', () => fails());
    const made = calls.length;
    for (let recheck = 0; recheck < 3; recheck += 1) {
      await shared.makeDue();
      await eventually(settled);
    }
    expect(calls).toHaveLength(made);
    const jobs = await seeAll(ids);
    expect(jobs.reduce((sum, job) => sum + (job.effects['ill:1']?.attempts ?? 0), 0)).toBe(made);
    for (const job of jobs) {
      expect(job.timeline.filter((line) => line === 'effect.waiting ill')).toHaveLength(1);
      expect(job.effects['ill:1']).toMatchObject({ state: 'waiting', reason: 'provider_open' });
      expect(job.state).toBe('open');
      const told = job.events.find(({ kind }) => kind === 'effect.waiting');
      expect(told?.data).toMatchObject({ reason: 'provider_open', provider: 'ill' });
    }
    const waits = workers.flatMap(({ telemetry }) =>
      telemetry.of('step.attempted').filter(({ outcome }) => outcome === 'waiting'),
    );
    expect(waits).toHaveLength(ids.length);
    expect(changesOf(...workers)).toEqual(['opened']);
  });

  it('gets back who waits not before it may be tried, and not all at once', async () => {
    const { ids } = await openCircuit('spread', () => fails());
    const [row] = await stack.rows<{ in_ms: number }>(
      `select extract(epoch from retry_at - clock_timestamp()) * 1000 as in_ms from fulfillment.provider_circuits where provider = 'spread'`,
    );
    const dueInMs = (await seeAll(ids)).map(({ dispatch }) => dispatch?.dueInMs ?? 0);
    expect(Math.min(...dueInMs)).toBeGreaterThan(Number(row?.in_ms) - 2_000);
    expect(Math.max(...dueInMs) - Math.min(...dueInMs)).toBeGreaterThan(5_000);
    expect(Math.max(...dueInMs)).toBeLessThan(5_000 + 10_000);
  });

  it('is tried by one call at a time, and when that one is answered everything is finished', async () => {
    let answer = gate();
    let isWell = false;
    const answers = async () => {
      await answer.passed;
      return isWell ? undefined : fails();
    };
    answer.open();
    const { calls, ids, workers, underWay, step, plan } = await openCircuit('tried', answers);
    await stack.stopWorkers();
    const made = calls.length;
    answer = gate();
    const tryAgain = async () => {
      await shared.retryNow('tried');
      await shared.makeDue();
    };

    // Workers that know nothing yet, and all learn that it may be tried before any of them has tried.
    await tryAgain();
    const wrapControl = (control: ProviderControlStore): ProviderControlStore => ({
      ...control,
      tryProbe: (provider) => momentMs(150).then(() => control.tryProbe(provider)),
    });
    workers.push(...[1, 2, 3].map(() => shared.startWorker(plan, [step], { jobsMax: 5, wrapControl })));
    await eventually(() => calls.length > made);
    for (let recheck = 0; recheck < 5; recheck += 1) {
      await shared.makeDue();
      await momentMs(100);
      expect(underWay()).toBe(1);
    }
    expect(calls).toHaveLength(made + 1);
    expect((await shared.circuit('tried'))?.state).toBe('half_open');

    answer.open();
    await eventually(async () => (await shared.circuit('tried'))?.openings === 2);
    isWell = true;
    await eventually(async () => {
      await tryAgain();
      return (await shared.circuit('tried'))?.state === 'closed';
    });
    await eventually(async () => {
      await shared.makeDue();
      return (await seeAll(ids)).every(({ state }) => state === 'completed');
    });
    // An attempt is spent by a call and by nothing else.
    const spent = (await seeAll(ids)).reduce((sum, job) => sum + (job.effects['tried:1']?.attempts ?? 0), 0);
    expect(spent).toBe(calls.length);
    const changes = changesOf(...workers);
    expect(changes.filter((change) => change === 'opened')).toHaveLength(2);
    expect(changes.filter((change) => change === 'closed')).toHaveLength(1);
  });

  it('is tried by another when the one who tried it has died', async () => {
    const never = gate();
    let isDying = false;
    const { calls, step, plan } = await openCircuit('dying', () => (isDying ? never.passed : fails()), {
      // Who is dead tells nobody how its call has ended.
      wrapControl: (control) => ({
        ...control,
        report: (reports) => (isDying ? Promise.reject(new Error('dead')) : control.report(reports)),
      }),
    });
    isDying = true;
    const made = calls.length;
    await eventually(async () => {
      await shared.retryNow('dying');
      await shared.makeDue();
      return calls.length > made;
    });
    await stack.stopWorkers();
    const answered = stepAt('dying', async () => undefined);
    shared.startWorker(plan, [{ ...step, make: answered.step.make }]);
    // Not while the right of the dead one lasts.
    await shared.makeDue();
    await momentMs(300);
    expect(answered.calls).toHaveLength(0);
    await eventually(async () => {
      await shared.retryNow('dying', 'half_open');
      await shared.makeDue();
      return (await shared.circuit('dying'))?.state === 'closed';
    });
    never.open();
  });

  it('delays nothing that has another provider', async () => {
    const mail = stepAt('mail_down', () => fails());
    const files = stepAt('files', async () => undefined);
    const steps = [mail.step, files.step];
    const plan = planOf(steps);
    shared.startWorker(plan, steps);
    await stack.addJobs(plan, 8);
    await eventually(async () => (await shared.circuit('mail_down'))?.state === 'open');
    const late = await stack.addJob(plan);
    const job = await stack.until(
      late,
      ({ steps: seen, dispatch }) => seen['files']?.state === 'done' && !dispatch?.worker,
    );
    expect(job).toMatchObject({
      state: 'open',
      steps: { mail_down: { state: 'waiting', reason: 'provider_open', attempts: 0 } },
    });
  });
});

describe('a provider that answers', () => {
  it('is well, however often it refuses', async () => {
    const { step } = stepAt('refusing', () => fails({ kind: 'permanent', reason: 'refused' }));
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 8);
    const { telemetry } = shared.startWorker(plan, [step]);
    for (const id of ids) await stack.untilState(id, 'failed');
    expect(await shared.circuit('refusing')).toBeUndefined();
    expect(telemetry.of('provider.circuit')).toEqual([]);
  });

  it('and asks us to wait makes all workers wait, without an attempt, a word, or an open circuit', async () => {
    const { step, calls } = stepAt('limiting', () => fails({ kind: 'rate_limited', retryAfterMs: 20_000 }));
    const plan = planOf([step]);
    const first = await stack.addJob(plan);
    const workers = [1, 2].map(() => shared.startWorker(plan, [step]));
    await stack.until(first, ({ effects }) => effects['limiting:1']?.reason === 'down');
    await eventually(async () => (await shared.circuit('limiting')) !== undefined);
    const ids = await stack.addJobs(plan, 10);
    await eventually(async () =>
      (await seeAll(ids)).every(({ effects }) => effects['limiting:1']?.reason === 'provider_rate'),
    );
    expect(calls.length).toBe(1);
    for (const job of await seeAll(ids)) {
      expect(job.timeline).toEqual([]);
      expect(job.effects['limiting:1']).toMatchObject({ state: 'waiting', attempts: 0 });
      expect(job.effects['limiting:1']?.dueInMs).toBeGreaterThan(10_000);
    }
    expect((await shared.circuit('limiting'))?.state).toBe('closed');
    expect(changesOf(...workers)).toEqual([]);
  });

  it('costs the database a look a second and nothing else', async () => {
    const asked: string[] = [];
    const { step } = stepAt('healthy', async () => undefined);
    const plan = planOf([step]);
    const ids = await stack.addJobs(plan, 200);
    shared.startWorker(plan, [step], {
      wrapControl: (control) =>
        new Proxy(control, {
          get: (target, name: keyof typeof control) => {
            asked.push(name);
            return target[name];
          },
        }),
    });
    for (const id of ids) await stack.untilOver(id);
    expect(new Set(asked)).toEqual(new Set(['read']));
    expect(asked.length).toBeLessThanOrEqual(3);
  });
});
