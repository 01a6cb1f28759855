import { Queue, Worker } from 'bullmq';
import { inBatches } from './batches.ts';
import { effectsTable, stepNames, writeEffect } from './effects.ts';
import type { CreateEngine } from './engine.ts';
import { createPool } from './pool.ts';

interface JobData {
  orderId: number;
  acceptedUs: number;
  /** Where to go on. */
  step: number;
}

const queueName = 'orders';

/**
 * BullMQ on a Redis that syncs its log every second, so an order may be lost with the power, which none of the others
 * allows. `steps`: its documented pattern for steps, `job.updateData({ step })` after every effect.
 */
export const createEngine: CreateEngine = ({ databaseUrl, redisPort }) => {
  const pool = createPool(databaseUrl, 40);
  const connection = { host: '127.0.0.1', port: redisPort ?? 0, maxRetriesPerRequest: null };
  const jobOptions = { removeOnComplete: { count: 1_000 }, attempts: 5 };
  let queue: Queue<JobData> | undefined;
  let worker: Worker<JobData> | undefined;

  const opened = () => (queue ??= new Queue<JobData>(queueName, { connection }));

  return {
    async setup() {
      await pool.query(effectsTable);
      await opened().obliterate({ force: true });
    },
    async ready() {
      await opened().waitUntilReady();
    },
    async enqueue(orders) {
      for (const batch of inBatches(orders, 1_000)) {
        await opened().addBulk(
          batch.map((order) => ({ name: 'order', data: { ...order, step: 0 }, opts: jobOptions })),
        );
      }
    },
    async enqueueOne(order) {
      await opened().add('order', { ...order, step: 0 }, jobOptions);
    },
    async startWorker({ concurrency, onOrderDone }) {
      opened();
      worker = new Worker<JobData>(
        queueName,
        async (job) => {
          const { orderId, acceptedUs } = job.data;
          for (let step = job.data.step; step < stepNames.length; step += 1) {
            await pool.query({ name: 'effect', text: writeEffect, values: [orderId, stepNames[step]] });
            await job.updateData({ ...job.data, step: step + 1 });
          }
          onOrderDone(orderId, acceptedUs);
        },
        { connection, concurrency },
      );
      worker.on('error', (error) => process.stderr.write(`BullMQ: ${error.message}\n`));
      await worker.waitUntilReady();
    },
    async countPending() {
      const counts = await opened().getJobCounts('waiting', 'active', 'delayed', 'prioritized');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async stop() {
      await worker?.close();
      await queue?.close();
      await pool.end();
    },
  };
};
