import PgBoss from 'pg-boss';
import { eachWithin, inBatches } from './batches.ts';
import { effectsTable, lastStep, stepNames, writeEffect } from './effects.ts';
import type { BenchOrder, CreateEngine } from './engine.ts';
import { createPool, readCount } from './pool.ts';

const batchSize = 500;
const pollersPerQueue = 2;

/**
 * pg-boss 10, the last line for Node 20. `chain`: one queue per step; after a batch's effects the next step's jobs are
 * inserted. `notifyWorker` spares it the half second that is its shortest poll.
 */
export const createEngine: CreateEngine = ({ databaseUrl }) => {
  const pool = createPool(databaseUrl, 16);
  let boss: PgBoss | undefined;

  async function started(options: { connections: number; supervise: boolean }): Promise<PgBoss> {
    if (boss) return boss;
    boss = new PgBoss({
      connectionString: databaseUrl,
      max: options.connections,
      schedule: false,
      supervise: options.supervise,
    });
    boss.on('error', (error) => process.stderr.write(`pg-boss 10: ${error.message}\n`));
    await boss.start();
    return boss;
  }
  const sender = () => started({ connections: 4, supervise: false });

  return {
    async setup() {
      const queues = await sender();
      for (const index of stepNames.keys()) {
        const name = queueName(index);
        await queues.createQueue(name, { name, policy: 'standard', retryLimit: 5 });
      }
      await pool.query(effectsTable);
    },
    async ready() {
      await sender();
    },
    async enqueue(orders) {
      const queues = await sender();
      for (const batch of inBatches(orders, 1_000))
        await queues.insert(batch.map((data) => ({ name: queueName(0), data })));
    },
    async enqueueOne(order) {
      await (await sender()).send(queueName(0), order);
    },
    async startWorker({ concurrency, onOrderDone }) {
      const queues = await started({ connections: 16, supervise: true });
      const workers = new Map<string, string[]>();
      const wake = (queue: string) => workers.get(queue)?.forEach((id) => queues.notifyWorker(id));

      async function handle(index: number, jobs: PgBoss.Job<BenchOrder>[]): Promise<void> {
        const step = stepNames[index];
        await eachWithin(jobs, concurrency, ({ data }) =>
          pool.query({ name: 'effect', text: writeEffect, values: [data.orderId, step] }),
        );
        if (index === lastStep) {
          for (const { data } of jobs) onOrderDone(data.orderId, data.acceptedUs);
        } else {
          await queues.insert(jobs.map(({ data }) => ({ name: queueName(index + 1), data })));
          wake(queueName(index + 1));
        }
        // A full batch means a backlog: look again at once.
        if (jobs.length === batchSize) wake(queueName(index));
      }

      for (const index of stepNames.keys()) {
        const options = { batchSize, pollingIntervalSeconds: 0.5 };
        const begin = () => queues.work<BenchOrder>(queueName(index), options, (jobs) => handle(index, jobs));
        workers.set(queueName(index), await Promise.all(Array.from({ length: pollersPerQueue }, begin)));
      }
    },
    countPending: () => readCount(pool, `select count(*) as n from pgboss.job where state < 'completed'`),
    async stop() {
      await boss?.stop({ graceful: false, close: true, wait: true });
      await pool.end();
    },
  };
};

const queueName = (index: number) => `step${index}`;
