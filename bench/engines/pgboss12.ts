import { PgBoss, type Db, type Job } from 'pgboss12';
import { eachWithin, inBatches } from './batches.ts';
import { effectsTable, lastStep, stepNames, writeEffect, writeEffects } from './effects.ts';
import type { BenchOrder, CreateEngine } from './engine.ts';
import { insertCopies } from './insertCopies.ts';
import { createPool, readCount } from './pool.ts';

const working = {
  batchSize: 500,
  localConcurrency: 2,
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
};

/**
 * pg-boss 12, under Node 22, with LISTEN. One queue per step.
 * `chain`: one write per effect, then the next step's jobs are inserted.
 * `chaintx`: transactional workers: a batch's effects in one statement, the next step's jobs and the completion, all in
 * one transaction. The handler hands an order over before that transaction commits, which favours its latency a little.
 */
export const createEngine: CreateEngine = ({ variant, databaseUrl, quickRecovery }) => {
  const pool = createPool(databaseUrl, 16);
  let boss: PgBoss | undefined;

  async function started(options: { connections: number; supervise: boolean }): Promise<PgBoss> {
    if (boss) return boss;
    boss = new PgBoss({
      connectionString: databaseUrl,
      max: options.connections,
      schedule: false,
      supervise: options.supervise,
      useListenNotify: options.supervise,
      ...(quickRecovery ? { superviseIntervalSeconds: 5, monitorIntervalSeconds: 5 } : {}),
    });
    boss.on('error', (error) => process.stderr.write(`pg-boss 12: ${error.message}\n`));
    await boss.start();
    return boss;
  }
  const sender = () => started({ connections: 4, supervise: false });

  return {
    async setup() {
      const queues = await sender();
      const queue = { policy: 'standard', retryLimit: 5, notify: true } as const;
      const heartbeat = quickRecovery ? { heartbeatSeconds: 10 } : {};
      for (const index of stepNames.keys())
        await queues.createQueue(queueName(index), { ...queue, ...heartbeat });
      await pool.query(effectsTable);
    },
    async ready() {
      await sender();
    },
    async enqueue(orders) {
      const queues = await sender();
      for (const batch of inBatches(orders, 1_000))
        await queues.insert(
          queueName(0),
          batch.map((data) => ({ data })),
        );
    },
    async enqueueOne(order) {
      await (await sender()).send(queueName(0), order);
    },
    async startWorker({ concurrency, onOrderDone }) {
      const queues = await started({ connections: 24, supervise: true });

      async function handOver(index: number, jobs: Job<BenchOrder>[], db?: Db): Promise<void> {
        if (index === lastStep) {
          for (const { data } of jobs) onOrderDone(data.orderId, data.acceptedUs);
          return;
        }
        const next = jobs.map(({ data }) => ({ data }));
        await queues.insert(queueName(index + 1), next, db ? { db } : {});
      }

      for (const [index, step] of stepNames.entries()) {
        if (variant === 'chaintx') {
          const options = { ...working, transactional: true } as const;
          await queues.work<BenchOrder, void, typeof options>(queueName(index), options, async (jobs, tx) => {
            await tx.executeSql(writeEffects, [jobs.map(({ data }) => data.orderId), step]);
            await handOver(index, jobs, tx);
          });
        } else {
          await queues.work<BenchOrder>(queueName(index), working, async (jobs) => {
            await eachWithin(jobs, concurrency, ({ data }) =>
              pool.query({ name: 'effect', text: writeEffect, values: [data.orderId, step] }),
            );
            await handOver(index, jobs);
          });
        }
      }
    },
    countPending: () => readCount(pool, `select count(*) as n from pgboss.job where state < 'completed'`),
    async prefill({ orders }) {
      for (const index of stepNames.keys()) {
        await insertCopies(pool, {
          schema: 'pgboss',
          table: 'job',
          where: `s.id = (
            select id from pgboss.job where name = '${queueName(index)}' and state = 'completed' limit 1)`,
          count: orders,
          replace: { id: 'gen_random_uuid()' },
        });
      }
    },
    async stop() {
      await boss?.stop({ graceful: false, close: true });
      await pool.end();
    },
  };
};

const queueName = (index: number) => `step${index}`;
