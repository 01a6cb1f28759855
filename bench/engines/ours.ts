import pg from 'pg';
import {
  createEngine as createOurEngine,
  definePlan,
  migrate,
  migrationsDirectory,
  planKey,
  type Engine as OurEngine,
  type JobRequest,
} from '../../dist/index.js';
import { inBatches } from './batches.ts';
import { effectsTable } from './effects.ts';
import type { BenchOrder, CreateEngine, WorkerRun } from './engine.ts';
import { addFinishedJobs } from './oursHistory.ts';
import { commitSteps, makeSteps } from './oursSteps.ts';
import { createPool, readCount } from './pool.ts';

const workerRole = 'fulfillment_worker';

/**
 * This project's engine through its library face, under the worker's own role with forced row security, history kept.
 * `commit`: five `commit` steps, set-wise, in the transaction that records them. `make`: five steps with an effect
 * outside, which the engine intends, makes one by one and records. `-unnamed`: without named statements, as behind a
 * transaction pooler. From dist/, as the peers are read from theirs: compiling TypeScript at start is nobody's work.
 */
export const createEngine: CreateEngine = ({ variant, databaseUrl, processName }) => {
  const pool = createPool(databaseUrl, 2);
  const effects = createPool(asWorker(databaseUrl), 16);
  const finishing = new Map<string, BenchOrder>();
  let onOrderDone: WorkerRun['onOrderDone'] = () => undefined;
  let engine: OurEngine | undefined;

  const onLastStep = (jobId: string, order: BenchOrder) => void finishing.set(jobId, order);
  const steps = variant.startsWith('commit') ? commitSteps(onLastStep) : makeSteps(effects, onLastStep);
  const plan = definePlan({
    name: 'bench',
    steps: steps.map((step, index) => ({
      step,
      needs: steps
        .slice(0, index)
        .slice(-1)
        .map(({ name }) => name),
    })),
  });

  /** An order is done when its completion is committed, which is when the engine tells of it. */
  function completed(jobId: string): void {
    const order = finishing.get(jobId);
    finishing.delete(jobId);
    if (order) onOrderDone(order.orderId, order.acceptedUs);
  }

  const form = { namedStatements: !variant.endsWith('-unnamed') };
  const opened = () =>
    (engine ??= createOurEngine({
      ...form,
      databaseUrl: asWorker(databaseUrl),
      plans: [plan],
      steps,
      name: processName,
      // What is in hand may be under way: the pool of connections is the limit, as for the peers.
      providerPlaces: { effects: 1_000 },
      onEvent(event) {
        if (event.name === 'job.completed') completed(event.jobId);
        else if (event.name === 'unexpected.error' || event.name === 'record.split')
          process.stderr.write(`ours: ${JSON.stringify(event)}\n`);
      },
    }));

  const request = (order: BenchOrder): JobRequest => ({
    plan: planKey(plan),
    subjectKey: `order-${order.orderId}`,
    order: { ...order },
  });

  return {
    async setup() {
      await migrate({ client: databaseUrl, directory: migrationsDirectory });
      const password = pg.escapeLiteral(decodeURIComponent(new URL(databaseUrl).password));
      await pool.query(`alter role ${workerRole} password ${password}`);
      await pool.query(effectsTable);
      await pool.query(`grant select, insert, update on bench_effects to ${workerRole}`);
    },
    async ready() {
      opened();
    },
    async enqueue(orders) {
      for (const batch of inBatches(orders, 1_000)) await opened().enqueue(batch.map(request));
    },
    async enqueueOne(order) {
      await opened().enqueue([request(order)]);
    },
    async startWorker(run) {
      onOrderDone = run.onOrderDone;
      opened().start();
    },
    countPending: () => readCount(pool, 'select count(*) as n from fulfillment.fulfillment_dispatch'),
    prefill: (history) => addFinishedJobs(pool, history),
    async stop() {
      await engine?.stop();
      await effects.end();
      await pool.end();
    },
  };
};

/** The role's password is the superuser's, as `setup` has given it. */
function asWorker(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = workerRole;
  return url.href;
}
