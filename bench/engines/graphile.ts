import {
  Logger,
  makeWorkerUtils,
  run as runWorker,
  type Runner,
  type TaskList,
  type WorkerUtils,
} from 'graphile-worker';
import { inBatches } from './batches.ts';
import { countRepeats, effectsTable, lastStep, stepNames, writeEffect } from './effects.ts';
import type { BenchOrder, CreateEngine } from './engine.ts';
import { createPool, readCount } from './pool.ts';

/**
 * graphile-worker 0.17, the last line for Node 20. `chain`: one job per step; the effect and the next step's `add_job`
 * are one SQL statement, so one commit.
 */
export const createEngine: CreateEngine = ({ databaseUrl }) => {
  const pool = createPool(databaseUrl, 30);
  const logger = new Logger(() => (level, message) => {
    if (severe.has(level)) process.stderr.write(`graphile-worker: ${message}\n`);
  });
  let workerUtils: WorkerUtils | undefined;
  let runner: Runner | undefined;
  const connected = async () => (workerUtils ??= await makeWorkerUtils({ pgPool: pool, logger }));

  return {
    async setup() {
      await (await connected()).migrate();
      await pool.query(effectsTable);
    },
    async ready() {
      await connected();
    },
    async enqueue(orders) {
      const { addJobs } = await connected();
      for (const batch of inBatches(orders, 1_000))
        await addJobs(batch.map((payload) => ({ identifier: taskName(0), payload })));
    },
    async enqueueOne(order) {
      await (await connected()).addJob(taskName(0), order);
    },
    async startWorker({ concurrency, onOrderDone }) {
      const taskList: TaskList = {};
      for (const [index, step] of stepNames.entries()) {
        taskList[taskName(index)] = async (payload) => {
          const { orderId, acceptedUs } = payload as BenchOrder;
          if (index < lastStep) {
            const values = [orderId, step, taskName(index + 1), acceptedUs];
            await pool.query({ name: 'advance', text: writeEffectAndAddJob, values });
          } else {
            await pool.query({ name: 'effect', text: writeEffect, values: [orderId, step] });
            onOrderDone(orderId, acceptedUs);
          }
        };
      }
      runner = await runWorker({
        pgPool: pool,
        taskList,
        noHandleSignals: true,
        logger,
        preset: {
          worker: {
            concurrentJobs: concurrency,
            maxPoolSize: concurrency + 6,
            pollInterval: 1_000,
            localQueue: { size: 500 },
            completeJobBatchDelay: 50,
            logger,
          },
        },
      });
    },
    countPending: () => readCount(pool, 'select count(*) as n from graphile_worker._private_jobs'),
    async stop() {
      await runner?.stop();
      await workerUtils?.release();
      await pool.end();
    },
  };
};

const severe = new Set<string>(['error', 'warning']);

const taskName = (index: number) => `step${index}`;

const writeEffectAndAddJob = `
  with effect as (
    insert into bench_effects (order_id, step) values ($1, $2) ${countRepeats}
  )
  select 1 from graphile_worker.add_job($3, json_build_object('orderId', $1::bigint, 'acceptedUs', $4::bigint))`;
