import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import { eachWithin, inBatches } from './batches.ts';
import { effectsTable, stepNames, writeEffect } from './effects.ts';
import type { BenchOrder, CreateEngine, WorkerRun } from './engine.ts';
import { insertCopies } from './insertCopies.ts';
import { createPool, readCount } from './pool.ts';

const queue = 'orders';
const workflow = 'order';

/**
 * DBOS Transact 5: one workflow per order, five checkpointed steps, through a DBOS queue that is polled every 20 ms
 * (its default of a second would be its latency). Its executor is one per process.
 */
export const createEngine: CreateEngine = ({ databaseUrl, processName }) => {
  const pool = createPool(databaseUrl, 20);
  let client: DBOSClient | undefined;
  let onOrderDone: WorkerRun['onOrderDone'] = () => undefined;
  let launched = false;

  async function launch(connections: number): Promise<void> {
    DBOS.registerWorkflow(
      async (orderId: number, acceptedUs: number) => {
        for (const step of stepNames) await DBOS.runStep(() => write(orderId, step), { name: step });
        onOrderDone(orderId, acceptedUs);
      },
      { name: workflow },
    );
    DBOS.setConfig({
      name: 'bench',
      systemDatabaseUrl: databaseUrl,
      systemDatabasePoolSize: connections,
      logLevel: 'error',
      applicationVersion: 'v1',
      executorID: processName,
    });
    await DBOS.launch();
    launched = true;
  }

  async function write(orderId: number, step: string): Promise<void> {
    await pool.query({ name: 'effect', text: writeEffect, values: [orderId, step] });
  }

  const registerQueue = (workerConcurrency: number) =>
    DBOS.registerQueue(queue, { workerConcurrency, minPollingIntervalMs: 20, onConflict: 'always_update' });

  const connected = async () => (client ??= await DBOSClient.create({ systemDatabaseUrl: databaseUrl }));

  return {
    async setup() {
      await pool.query(effectsTable);
      await launch(4);
      await registerQueue(100);
    },
    async ready() {
      await connected();
    },
    async enqueue(orders) {
      const dbos = await connected();
      await eachWithin(inBatches(orders, 200), 4, async (batch) => {
        const connection = await pool.connect();
        try {
          await connection.query('begin');
          for (const order of batch)
            await dbos.enqueueInTransaction(connection, place(order), order.orderId, order.acceptedUs);
          await connection.query('commit');
        } finally {
          connection.release();
        }
      });
    },
    async enqueueOne(order) {
      await (await connected()).enqueue(place(order), order.orderId, order.acceptedUs);
    },
    async startWorker(run) {
      onOrderDone = run.onOrderDone;
      await launch(30);
      await registerQueue(run.concurrency);
    },
    countPending: () =>
      readCount(
        pool,
        `select count(*) as n from dbos.workflow_status where status in ('ENQUEUED', 'PENDING')`,
      ),
    async prefill({ orders }) {
      const { rows } = await pool.query<{ id: string }>(
        `select workflow_uuid as id from dbos.workflow_status where status = 'SUCCESS' and name = $1 limit 1`,
        [workflow],
      );
      const where = `s.workflow_uuid = '${rows[0]?.id}'`;
      const replace = { workflow_uuid: `'finished-' || g` };
      const copies = { schema: 'dbos', where, replace, count: orders };
      await insertCopies(pool, { ...copies, table: 'workflow_status' });
      await insertCopies(pool, { ...copies, table: 'operation_outputs' });
    },
    async stop() {
      if (launched) await DBOS.shutdown();
      await client?.destroy();
      await pool.end();
    },
  };
};

function place({ orderId }: BenchOrder) {
  return { queueName: queue, workflowName: workflow, workflowID: `order-${orderId}` };
}
