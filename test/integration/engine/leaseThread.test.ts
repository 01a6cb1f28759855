import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker as Thread } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/domain/plan.ts';
import type { JobView, StepContext, StepOutcome } from '../../../src/ports/step.ts';
import { keepLeasesOnThread } from '../../../src/store/leases/keepLeasesOnThread.ts';
import { spawnLeaseThread } from '../../../src/store/leases/spawnLeaseThread.ts';
import type { ComputingWorkerOrders } from '../../builders/computingWorker.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { gate, planOf, readStep } from '../../builders/steps.ts';
import { openTcpGate } from '../../builders/tcpGate.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';
import { urlAs } from '../../setup/database.ts';

let stack: EngineStack;
let databaseUrl: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  stack = await startEngineStack();
  databaseUrl = urlAs(stack.database, 'fulfillment_worker');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stack.stopWorkers();
});
afterAll(() => stack.stop());

const script = fileURLToPath(new URL('../../builders/computingWorker.ts', import.meta.url));

/** The thread is there once it has said that the worker is alive. */
const untilAlive = (worker: string) =>
  eventually(
    async () => (await stack.rows('select from fulfillment.workers where name = $1', [worker])).length > 0,
  );

/** Another process takes a job of the plan and computes; resolves once it does nothing else. */
async function startComputing(orders: Omit<ComputingWorkerOrders, 'databaseUrl'>) {
  await stack.rows(`delete from fulfillment.workers`);
  const child = fork(script, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  await once(child, 'message');
  child.send({ databaseUrl, ...orders });
  await untilAlive('computing');
  const id = await stack.addJob(orders.plan);
  await once(child, 'message');
  return {
    id,
    async stop(): Promise<string[]> {
      child.send('stop');
      const [{ told }] = (await once(child, 'message')) as [{ told: string[] }];
      return told;
    },
  };
}

/** A worker that stands ready, and what it was given to do. */
function standReady(plan: Plan) {
  const given: string[] = [];
  const step = readStep(plan.steps[0]?.name ?? '', async (job) => {
    given.push(job.jobId);
    return { kind: 'done', output: { by: 'successor' } };
  });
  stack.startWorker(plan, [step], { leaseMs });
  return given;
}

const computeMs = 2_000;
const leaseMs = 900;

describe('a worker whose step computes for longer than two leases', () => {
  it('keeps its job, though another worker stands ready', async () => {
    const plan = planOf([readStep('compute')]);
    const computing = await startComputing({ plan, leaseMs, computeMs, hungAfterMs: 60_000 });
    const given = standReady(plan);
    const job = await stack.untilOver(computing.id);
    expect(given).toEqual([]);
    expect(job.steps['compute']).toMatchObject({ state: 'done', output: { by: 'computing' }, token: 1 });
    expect(await computing.stop()).not.toContain('lease.lost');
  });

  it('is taken for hung when it takes too long: its job is done elsewhere and its late write refused', async () => {
    const plan = planOf([readStep('compute')]);
    const computing = await startComputing({ plan, leaseMs, computeMs: 3_500, hungAfterMs: 500 });
    const { id } = computing;
    const startedMs = Date.now();
    const given = standReady(plan);
    const done = await stack.untilOver(id);
    expect(Date.now() - startedMs).toBeLessThan(3_000);
    expect(given).toEqual([id]);
    const told = await computing.stop();
    expect(told).toEqual(expect.arrayContaining(['worker.hung', 'lease.lost']));
    expect(told).not.toContain('job.completed');
    expect(await stack.see(id)).toMatchObject({
      timeline: done.timeline,
      steps: { compute: { output: { by: 'successor' } } },
    });
  });
});

describe('leases on a thread', () => {
  /** A worker in this process whose step waits, with its leases kept on a thread. */
  async function holdOne(settings: Partial<Parameters<typeof keepLeasesOnThread>[0]> = {}) {
    const held = gate();
    let signal: AbortSignal | undefined;
    const ask = async (_job: JobView, context: StepContext): Promise<StepOutcome> => {
      signal = context.signal;
      await held.passed;
      return { kind: 'done' };
    };
    const step = readStep('ask', ask, { timeoutMs: 60_000 });
    const plan = planOf([step]);
    const telemetry = createRecordingTelemetry();
    const keeping = { connectionString: databaseUrl, leaseMs, telemetry, ...settings };
    const leases = keepLeasesOnThread(keeping);
    const { name } = stack.startWorker(plan, [step], { leaseMs: keeping.leaseMs, leases, telemetry });
    await untilAlive(name);
    const id = await stack.addJob(plan);
    await eventually(() => signal !== undefined);
    const dueInMs = async () => (await stack.see(id)).dispatch?.dueInMs ?? NaN;
    return { id, held, telemetry, isAborted: () => signal?.aborted === true, dueInMs };
  }

  it('go on when the thread dies or cannot be started, for another one is started', async () => {
    const threads: Thread[] = [];
    let refusals = 0;
    const one = await holdOne({
      leaseMs: 8_000,
      spawn: (data) => {
        if (threads.length === 1 && refusals === 0) {
          refusals += 1;
          throw new RangeError('No room for a thread.');
        }
        const thread = spawnLeaseThread(data);
        threads.push(thread);
        return thread;
      },
    });
    await eventually(() => threads.length === 1);
    await threads[0]?.terminate();
    await eventually(() => threads.length === 2);
    await eventually(async () => (await one.dueInMs()) < 6_500);
    await eventually(async () => (await one.dueInMs()) > 7_000);
    one.held.open();
    expect((await stack.untilOver(one.id)).steps['ask']?.token).toBe(1);
    expect(one.telemetry.of('lease_keeper.ended').map(({ error }) => error)).toEqual(['ended', 'RangeError']);
    expect(one.telemetry.of('lease.lost')).toEqual([]);
  });

  it.each(['is silent', 'refuses connections'])(
    'become uncertain before they end while the database %s, and the work stops by itself',
    async (how) => {
      const way = await openTcpGate(new URL(databaseUrl));
      const one = await holdOne({ connectionString: way.url, leaseMs: 1_200 });
      await eventually(async () => (await one.dueInMs()) < 900);
      await eventually(async () => (await one.dueInMs()) > 1_100);
      if (how === 'is silent') way.shut();
      else await way.close();
      await eventually(one.isAborted);
      const { dispatch } = await stack.see(one.id);
      expect(dispatch).toMatchObject({ token: 1, worker: expect.any(String) });
      expect(dispatch?.dueInMs).toBeGreaterThan(0);
      expect(one.telemetry.of('lease.lost')).toMatchObject([{ jobId: one.id }]);
      await stack.stopWorkers();
      if (how === 'is silent') await way.close();
    },
  );

  it('are known to be certain in the middle of the computing, before any message is read', async () => {
    const plan = planOf([readStep('ask')]);
    const id = await stack.addJob(plan);
    await stack.rows(
      `update fulfillment.fulfillment_dispatch set worker = 'waits', lease_token = 7 where job_id = $1`,
      [id],
    );
    const telemetry = createRecordingTelemetry();
    const leases = keepLeasesOnThread({ connectionString: databaseUrl, leaseMs, telemetry });
    const lost: bigint[] = [];
    leases.start({ name: 'waits', version: '0', planKeys: [] }, ({ token }) => lost.push(token));
    await untilAlive('waits');
    const mine = leases.keep({ jobId: id, token: 7n }, 0);
    const others = leases.keep({ jobId: id, token: 6n }, 0);
    await eventually(() => mine.certainForMs() > leaseMs / 2 && lost.length > 0);
    const endMs = performance.now() + computeMs;
    while (performance.now() < endMs);
    expect(mine.certainForMs()).toBeGreaterThan(0);
    expect(others.certainForMs()).toBeLessThan(0);
    expect(new Set(lost)).toEqual(new Set([6n]));
    mine.release();
    expect(mine.certainForMs()).toBe(0);
    await leases.stop();
  });

  it('are extended though the row of one is locked, and that one is not lost', async () => {
    const steps = [readStep('ask', () => new Promise(() => undefined), { timeoutMs: 60_000 })];
    const plan = planOf(steps);
    const telemetry = createRecordingTelemetry();
    const leases = keepLeasesOnThread({ connectionString: databaseUrl, leaseMs: 4_000, telemetry });
    const { name } = stack.startWorker(plan, steps, { leaseMs: 4_000, leases, telemetry });
    await untilAlive(name);
    const [locked = '', other = ''] = await stack.addJobs(plan, 2);
    for (const id of [locked, other]) await stack.until(id, (job) => job.dispatch?.worker !== null);
    const tx = await stack.admin.connect();
    await tx.query('begin');
    await tx.query('select from fulfillment.fulfillment_dispatch where job_id = $1 for update', [locked]);
    await stack.until(other, (job) => (job.dispatch?.dueInMs ?? 0) < 3_000);
    await stack.until(other, (job) => (job.dispatch?.dueInMs ?? 0) > 3_100);
    await tx.query('rollback');
    tx.release();
    await stack.until(locked, (job) => (job.dispatch?.dueInMs ?? 0) > 3_100);
    expect(telemetry.of('lease.lost')).toEqual([]);
  });
});
