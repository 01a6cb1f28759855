import { setTimeout as delay } from 'node:timers/promises';
import { stepNames } from '../engines/effects.ts';
import type { Contestant } from '../engines/roster.ts';
import { runOnce, startProcess, type Bench } from './bench.ts';
import { difference, disturbance, readCounters, type Counters } from './counters.ts';
import type { Figures } from './resultsFile.ts';
import { numberIn, type RoleProcess } from './roleProcess.ts';
import { readStatements, watchStatements } from './statements.ts';
import { refreshStatistics, withDatabase } from './withDatabase.ts';

export interface Drain {
  database: string;
  firstOrder: number;
  orders: number;
  /** Worker processes; one if nothing is said. */
  workers?: number;
  /** Counts statements too, which costs every engine a little CPU time. */
  countStatements?: boolean;
}

const longestDrainMs = 400_000;

/** Has a backlog worked off and counts the effects. */
export async function drainBacklog(bench: Bench, contestant: Contestant, drain: Drain): Promise<Figures> {
  const worked = await workOffBacklog(bench, contestant, drain);
  return { ...worked, ...(await countEffects(bench, drain)) };
}

/**
 * Enqueues a backlog in one process, gives the planner fresh statistics, and measures how another process (or several)
 * works it off: from the order to start until the engine itself says that nothing is pending.
 */
export async function workOffBacklog(bench: Bench, contestant: Contestant, drain: Drain): Promise<Figures> {
  const { database, firstOrder, orders } = drain;
  const command = { duty: 'enqueue', firstOrder, orders } as const;
  const enqueued = await runOnce(bench, contestant, { database }, { command });
  await refreshStatistics(bench, database);
  if (drain.countStatements) await watchStatements(bench, database);
  const worked = await workOff(bench, contestant, drain);
  const claims = drain.countStatements ? await describeClaims(bench, contestant, drain) : {};
  return {
    orders,
    enqueuedPerSecond: (1_000 * orders) / numberIn(enqueued, 'ms'),
    ...worked,
    ...claims,
  };
}

async function workOff(bench: Bench, contestant: Contestant, drain: Drain): Promise<Figures> {
  const { database, orders } = drain;
  const names = Array.from({ length: drain.workers ?? 1 }, (_, index) => `worker-${index + 1}`);
  const workers = await Promise.all(
    names.map((processName) => startProcess(bench, contestant, { database, processName })),
  );
  try {
    const before = await readCounters(bench, database);
    const begin = performance.now();
    const work = { duty: 'work', concurrency: contestant.entry.concurrency } as const;
    await Promise.all(workers.map((worker) => worker.ask(work)));
    await waitUntilDone(workers, orders);
    const ms = performance.now() - begin;
    const usage = await Promise.all(workers.map((worker) => worker.ask({ duty: 'tellUsage' })));
    await Promise.all(workers.map((worker) => worker.end()));
    const spent = difference(before, await readCounters(bench, database));
    const workersCpuUs = usage.reduce((sum, answer) => sum + numberIn(answer, 'cpuUs'), 0);
    return {
      ms,
      ordersPerSecond: (1_000 * orders) / ms,
      peakRssMb: Math.max(...usage.map((answer) => numberIn(answer, 'peakRssMb'))),
      workerCpuUs: workersCpuUs / orders,
      ...perOrder(spent, orders),
      ...disturbance(spent, workersCpuUs),
      ...(contestant.entry.needs === 'redis' ? { redisCpuUs: spent.redisCpuUs / orders } : {}),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
  }
}

function perOrder(spent: Counters, orders: number): Figures {
  return {
    postgresCpuUs: spent.postgresCpuUs / orders,
    commits: spent.commits / orders,
    walBytes: spent.walBytes / orders,
    blocks: spent.blocks / orders,
  };
}

/** The workers count the orders; then the engine is asked, because its own books are what has to be settled. */
async function waitUntilDone(workers: RoleProcess[], orders: number): Promise<void> {
  const deadline = performance.now() + longestDrainMs;
  const done = () => workers.reduce((sum, worker) => sum + worker.done, 0);
  while (done() < orders) {
    const dead = workers.find((worker) => worker.ended);
    if (dead?.ended) throw dead.ended;
    if (performance.now() > deadline)
      throw new Error(`${done()} of ${orders} orders in ${longestDrainMs / 1_000} s`);
    await delay(5);
  }
  while (numberIn((await workers[0]?.ask({ duty: 'countPending' })) ?? {}, 'pending') > 0) await delay(10);
}

async function describeClaims(bench: Bench, { entry }: Contestant, drain: Drain): Promise<Figures> {
  const counts = await readStatements(bench, drain.database, entry.claim);
  const statements = counts.statements / drain.orders;
  if (counts.claims === 0) return { statements };
  return {
    statements,
    claimBlocks: counts.claimBlocks / counts.claims,
    claimedRows: counts.claimedRows / counts.claims,
    claimBlocksPerOrder: counts.claimBlocks / drain.orders,
  };
}

/** Whether each step of each order was done, and how often one was done again. */
export async function countEffects(
  bench: Bench,
  { database, firstOrder, orders }: Pick<Drain, 'database' | 'firstOrder' | 'orders'>,
): Promise<Figures> {
  const { rows } = await withDatabase(bench, database, (pool) =>
    pool.query<{ effects: number; repeated: number }>(
      `select count(*) as effects, coalesce(sum(times - 1), 0)::bigint as repeated
       from bench_effects where order_id >= $1::bigint and order_id < $1::bigint + $2::bigint`,
      [firstOrder, orders],
    ),
  );
  const { effects = 0, repeated = 0 } = rows[0] ?? {};
  return { missingEffects: orders * stepNames.length - effects, repeatedEffects: repeated };
}
