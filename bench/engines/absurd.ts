import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Absurd } from 'absurd-sdk';
import { inBatches } from './batches.ts';
import { effectsTable, stepNames, writeEffect } from './effects.ts';
import type { BenchOrder, CreateEngine } from './engine.ts';
import { createPool, readCount } from './pool.ts';

const queueName = 'orders';
const taskName = 'order';

/**
 * Absurd: one task per order, five checkpointed steps; the engine is SQL functions, which its own command `absurdctl`
 * brings into the database. It has no call for many orders, so a backlog goes through its SQL function in sets.
 */
export const createEngine: CreateEngine = ({ databaseUrl, processName, quickRecovery, programs }) => {
  const pool = createPool(databaseUrl, 40);
  const absurd = new Absurd({ db: pool, queueName });
  let worker: { close(): Promise<void> } | undefined;

  return {
    async setup() {
      await promisify(execFile)(programs.absurdctl, ['init', '--database', databaseUrl]);
      await absurd.createQueue(queueName);
      await pool.query(effectsTable);
    },
    async ready() {
      await pool.query('select 1');
    },
    async enqueue(orders) {
      for (const batch of inBatches(orders, 500))
        await pool.query(spawnMany, [queueName, taskName, JSON.stringify(batch)]);
    },
    async enqueueOne(order) {
      await absurd.spawn(taskName, order, { queue: queueName });
    },
    async startWorker({ concurrency, onOrderDone }) {
      absurd.registerTask<BenchOrder>({ name: taskName }, async ({ orderId, acceptedUs }, task) => {
        for (const step of stepNames) {
          await task.step(step, async () => {
            await pool.query({ name: 'effect', text: writeEffect, values: [orderId, step] });
            return null;
          });
        }
        onOrderDone(orderId, acceptedUs);
      });
      worker = await absurd.startWorker({
        workerId: processName,
        concurrency,
        batchSize: concurrency,
        pollInterval: 0.02,
        // A run may not last longer than this; dead workers' runs wait for it.
        claimTimeout: quickRecovery ? 10 : 120,
      });
    },
    countPending: () =>
      readCount(pool, `select count(*) as n from absurd.t_${queueName} where state <> 'completed'`),
    async stop() {
      await worker?.close();
      await pool.end();
    },
  };
};

const spawnMany = `
  select count(*) from jsonb_array_elements($3::jsonb) as params, absurd.spawn_task($1, $2, params, '{}')`;
