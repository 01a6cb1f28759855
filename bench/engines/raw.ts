import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { inBatches } from './batches.ts';
import { countRepeats, effectsTable, lastStep, stepNames } from './effects.ts';
import type { CreateEngine, Engine, WorkerRun } from './engine.ts';
import { createPool, readCount } from './pool.ts';

/**
 * Hand-written SQL with no retries, no timeouts and no history: the floor that an engine is measured against.
 * `step`: 500 orders advance by one step per statement. `single`: one order advances by one step per statement, as in
 * any engine that commits every step of every order by itself.
 */
export const createEngine: CreateEngine = ({ variant, databaseUrl }) => {
  const pool = createPool(databaseUrl, 10);
  const stopped = new AbortController();
  let loops: Promise<void>[] = [];

  const engine: Engine = {
    async setup() {
      await pool.query(effectsTable);
      await pool.query(ordersTable);
    },
    async ready() {
      await pool.query('select 1');
    },
    async enqueue(orders) {
      for (const batch of inBatches(orders, 1_000)) {
        await pool.query(insertOrders, [
          batch.map((order) => order.orderId),
          batch.map((order) => order.acceptedUs),
        ]);
      }
    },
    enqueueOne: (order) => engine.enqueue([order]),
    async startWorker(run) {
      const loop = variant === 'step' ? advanceSets : createSingleSteps(pool);
      const lanes = variant === 'step' ? 2 : run.concurrency;
      loops = Array.from({ length: lanes }, () => loop(pool, run, stopped.signal));
    },
    countPending: () => readCount(pool, 'select count(*) as n from raw_orders where step not in (5, 15)'),
    async stop() {
      stopped.abort();
      await Promise.all(loops);
      await pool.end();
    },
  };
  return engine;
};

type Loop = (pool: pg.Pool, run: WorkerRun, signal: AbortSignal) => Promise<void>;

const ordersTable = `
  create table if not exists raw_orders (
    id bigserial primary key,
    order_id bigint not null,
    step integer not null default 0,
    accepted_us bigint
  );
  create index if not exists raw_orders_open on raw_orders (id) where step < 5`;

const insertOrders = `
  insert into raw_orders (order_id, accepted_us)
  select * from unnest($1::bigint[], $2::bigint[])`;

const advanceSet = `
  with claimed as (
    select id, order_id, step from raw_orders where step < 5 order by id limit 500 for update skip locked
  ), effects as (
    insert into bench_effects (order_id, step)
    select order_id, ($1::text[])[step + 1] from claimed ${countRepeats}
  )
  update raw_orders r set step = r.step + 1 from claimed where r.id = claimed.id
  returning r.order_id, r.accepted_us, r.step`;

interface Row {
  id: number;
  order_id: number;
  accepted_us: number;
  step: number;
}

const idlePollMs = 10;

const advanceSets: Loop = async (pool, run, signal) => {
  while (!signal.aborted) {
    const { rows } = await pool.query<Row>({ name: 'advance', text: advanceSet, values: [stepNames] });
    for (const row of rows) if (row.step === stepNames.length) run.onOrderDone(row.order_id, row.accepted_us);
    if (rows.length === 0) await delay(idlePollMs);
  }
};

/** Claimed orders are at step 10 and end at step 15, out of the claim's sight. */
const claimSet = `
  update raw_orders r set step = 10
  from (select id from raw_orders where step = 0 order by id limit 200 for update skip locked) claimed
  where r.id = claimed.id
  returning r.id, r.order_id, r.accepted_us`;

const advanceOne = `
  with effect as (
    insert into bench_effects (order_id, step) values ($2, $3) ${countRepeats}
  )
  update raw_orders set step = $4 where id = $1`;

function createSingleSteps(pool: pg.Pool): Loop {
  const claimed: Row[] = [];
  let claiming: Promise<void> | undefined;

  async function claim(): Promise<void> {
    const { rows } = await pool.query<Row>({ name: 'claim', text: claimSet });
    claimed.push(...rows);
    if (rows.length === 0) await delay(idlePollMs);
    claiming = undefined;
  }

  return async (_pool, run, signal) => {
    while (!signal.aborted) {
      const row = claimed.shift();
      if (row) await advanceAlone(pool, row, run);
      else await (claiming ??= claim());
    }
  };
}

async function advanceAlone(pool: pg.Pool, row: Row, run: WorkerRun): Promise<void> {
  for (const [index, step] of stepNames.entries()) {
    const values = [row.id, row.order_id, step, 10 + index + 1];
    await pool.query({ name: 'advanceOne', text: advanceOne, values });
    if (index === lastStep) run.onOrderDone(row.order_id, row.accepted_us);
  }
}
