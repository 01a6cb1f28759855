import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/main/systemClock.ts';
import { wireWakeUp, type WakeUp } from '../../../src/main/wireWakeUp.ts';
import { createWorkAnnouncer } from '../../../src/store/jobs/announceWork.ts';
import { type ListenOptions, listenForWork } from '../../../src/store/jobs/listenForWork.ts';
import { buildConfig } from '../../builders/config.ts';
import { eventually, startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { planOf, readStep } from '../../builders/steps.ts';
import { openTcpGate } from '../../builders/tcpGate.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';
import { createSeededRandom } from '../../fakes/seededRandom.ts';
import { openAdminPool } from '../../setup/adminPool.ts';
import { createEmptyDatabase, urlAs } from '../../setup/database.ts';

let stack: EngineStack;
let databaseUrl: string;
let undo: Array<() => Promise<unknown>> = [];

beforeAll(async () => {
  stack = await startEngineStack();
  databaseUrl = urlAs(stack.database, 'fulfillment_worker');
});
afterEach(async () => {
  await stack.stopWorkers();
  for (const one of undo.splice(0)) await one();
});
afterAll(() => stack.stop());

const listeners = () =>
  stack.rows<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'fulfillment-listen'
        and query like 'listen%' and state = 'idle'`,
  );

/** A process that works and sleeps for long between two looks, and one that only accepts. */
async function twoProcesses(directUrl = databaseUrl) {
  const step = readStep('ask');
  const plan = planOf([step]);
  const config = buildConfig({ DATABASE_URL_WORKER: databaseUrl, DATABASE_URL_DIRECT: directUrl });
  const { worker, telemetry, pool } = stack.startWorker(plan, [step], { pollMs: 30_000 });
  const pools = { intake: stack.poolAs('fulfillment_intake'), worker: pool } as never;
  const working: WakeUp = wireWakeUp(config, { pools, telemetry, worker });
  const accepting: WakeUp = wireWakeUp(config, { pools, telemetry, worker: undefined });
  undo.push(working.stop, accepting.stop);
  working.start();
  accepting.start();
  return {
    telemetry,
    /** Accepts a job as another process would, and returns how long it takes until it is done. */
    async timeOfNextJob(): Promise<number> {
      const id = await stack.addJob(plan);
      const startedMs = Date.now();
      accepting.onWork();
      await stack.untilOver(id);
      return Date.now() - startedMs;
    },
  };
}

describe('a worker that polls every half a minute', () => {
  it('begins with work that was accepted by another process within a second', async () => {
    const { timeOfNextJob, telemetry } = await twoProcesses();
    await eventually(async () => (await listeners()).length === 1);
    for (let n = 0; n < 3; n += 1) expect(await timeOfNextJob()).toBeLessThan(1_000);
    expect(telemetry.events.filter(({ name }) => /^listen|^database/.test(name))).toEqual([]);
  });

  it('hears again when its connection was ended by the server', async () => {
    const { timeOfNextJob, telemetry } = await twoProcesses();
    await eventually(async () => (await listeners()).length === 1);
    const [before] = await listeners();
    await stack.rows('select pg_terminate_backend($1)', [before?.pid]);
    await eventually(async () => (await listeners()).some(({ pid }) => pid !== before?.pid));
    expect(await timeOfNextJob()).toBeLessThan(1_000);
    expect(telemetry.of('database.unavailable')).toMatchObject([{ during: 'listen' }]);
  });
});

/** A listener that proves every few milliseconds that it hears. */
function listen(settings: Partial<ListenOptions> = {}) {
  const telemetry = createRecordingTelemetry();
  const heard = { wakes: 0, proofs: 0 };
  const pool = stack.poolAs('fulfillment_worker', 1);
  const query = (text: string, values: unknown[]) => {
    heard.proofs += 1;
    return pool.query(text, values);
  };
  const listener = listenForWork({
    connectionString: databaseUrl,
    pool: { query } as unknown as pg.Pool,
    clock: systemClock,
    random: createSeededRandom(1),
    telemetry,
    onWork: () => (heard.wakes += 1),
    proofEveryMs: 100,
    hearsWithinMs: 300,
    ...settings,
  });
  undo.unshift(() => listener.stop());
  return { telemetry, heard };
}

describe('a listener', () => {
  it('that hears nothing says so once, the work is found by polling, and it says so when it hears again', async () => {
    const elsewhere = await createEmptyDatabase();
    const elsewherePool = openAdminPool(elsewhere.url);
    undo.push(() => elsewherePool.end(), elsewhere.drop);
    const own = stack.poolAs('fulfillment_worker', 1);
    let isDeaf = true;
    const proofs: string[] = [];
    const query = (text: string, values: unknown[]) => {
      proofs.push(text);
      return (isDeaf ? elsewherePool : own).query(text, values);
    };
    const { telemetry } = listen({ pool: { query } as unknown as pg.Pool });
    await eventually(() => proofs.length > 2);
    expect(telemetry.events).toEqual([{ name: 'listen.deaf' }]);

    const step = readStep('ask');
    const plan = planOf([step]);
    stack.startWorker(plan, [step], { pollMs: 50 });
    expect((await stack.untilOver(await stack.addJob(plan))).state).toBe('completed');

    isDeaf = false;
    await eventually(() => telemetry.events.length > 1);
    const provenBefore = proofs.length;
    await eventually(() => proofs.length > provenBefore + 2);
    expect(telemetry.events).toEqual([
      { name: 'listen.deaf' },
      { name: 'listen.heard', deafForMs: expect.any(Number) },
    ]);
  });

  it('replaces a connection that looks alive and carries nothing', async () => {
    const way = await openTcpGate(new URL(databaseUrl));
    undo.push(way.close);
    const { telemetry, heard } = listen({ connectionString: way.url });
    await eventually(() => heard.proofs > 1);
    expect(heard.wakes).toBe(1);
    way.freeze();
    // It looks for what it missed each time it begins to listen.
    await eventually(() => heard.wakes === 2);
    expect(telemetry.events).toEqual([]);
  });

  it('does not take the proofs of others for work', async () => {
    const { heard } = listen();
    await eventually(() => heard.proofs > 0);
    const another = listen();
    await eventually(() => another.heard.proofs > 2);
    expect(heard.wakes).toBe(1);
    await stack.rows(`select pg_notify('fulfillment_due', '')`);
    await eventually(() => heard.wakes === 2);
  });

  it('can be stopped while the database does not answer', async () => {
    const way = await openTcpGate(new URL(databaseUrl));
    way.shut();
    undo.push(way.close);
    const telemetry = createRecordingTelemetry();
    const listener = listenForWork({
      connectionString: way.url,
      pool: stack.poolAs('fulfillment_worker', 1),
      clock: systemClock,
      random: createSeededRandom(1),
      telemetry,
      onWork: () => undefined,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedMs = Date.now();
    await listener.stop();
    expect(Date.now() - startedMs).toBeLessThan(500);
    expect(telemetry.events).toEqual([]);
  });
});

describe('announcements of work', () => {
  it('are gathered: a burst of them is a few notifications, and the last is never left out', async () => {
    const { heard } = listen({ proofEveryMs: 60_000 });
    await eventually(() => heard.wakes === 1);
    const announcer = createWorkAnnouncer({
      pool: stack.poolAs('fulfillment_intake', 1),
      telemetry: createRecordingTelemetry(),
    });
    for (let n = 0; n < 200; n += 1) announcer.announce();
    await announcer.drained();
    await eventually(() => heard.wakes > 1);
    expect(heard.wakes).toBeLessThanOrEqual(3);
    const before = heard.wakes;
    announcer.announce();
    await announcer.drained();
    await eventually(() => heard.wakes === before + 1);
  });

  it('that cannot be sent are told, and hurt nobody', async () => {
    const telemetry = createRecordingTelemetry();
    const pool = { query: () => Promise.reject(new TypeError('no')) } as unknown as pg.Pool;
    const announcer = createWorkAnnouncer({ pool, telemetry });
    announcer.announce();
    await announcer.drained();
    expect(telemetry.events).toEqual([
      { name: 'database.unavailable', during: 'announce', error: 'TypeError' },
    ]);
  });
});
