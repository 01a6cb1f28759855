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
  /** Orders that the same processes work off before; without it they are started for the backlog. */
  warmUp?: number;
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
  const { database, orders } = drain;
  const names = Array.from({ length: drain.workers ?? 1 }, (_, index) => `worker-${index + 1}`);
  const workers = await Promise.all(
    names.map((processName) => startProcess(bench, contestant, { database, processName })),
  );
  try {
    const usedBefore = drain.warmUp ? await warmUp(bench, contestant, { workers, drain }) : 0;
    const enqueued = await enqueue(bench, contestant, drain);
    await refreshStatistics(bench, database);
    if (drain.countStatements) await watchStatements(bench, database);
    const worked = await workOff(bench, contestant, { workers, drain, usedBefore });
    const claims = drain.countStatements ? await describeClaims(bench, contestant, drain) : {};
    return { orders, enqueuedPerSecond: (1_000 * orders) / enqueued, ...worked, ...claims };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
  }
}

/** Returns how long it took, in milliseconds. */
async function enqueue(
  bench: Bench,
  contestant: Contestant,
  { database, firstOrder, orders }: Pick<Drain, 'database' | 'firstOrder' | 'orders'>,
): Promise<number> {
  const command = { duty: 'enqueue', firstOrder, orders } as const;
  return numberIn(await runOnce(bench, contestant, { database }, { command }), 'ms');
}

interface Crew {
  workers: RoleProcess[];
  drain: Drain;
}

const warmUpFirstOrder = 800_000_000;

/**
 * Has the workers work off some orders, so that their code is compiled and their connections are open, as in a process
 * that has been up for a minute. Then they are frozen while the backlog comes. Returns the CPU time they have used.
 */
async function warmUp(bench: Bench, contestant: Contestant, { workers, drain }: Crew): Promise<number> {
  const orders = drain.warmUp ?? 0;
  await enqueue(bench, contestant, { database: drain.database, firstOrder: warmUpFirstOrder, orders });
  await startWork(contestant, workers);
  await waitUntilDone(workers, orders);
  await delay(settleMs);
  const used = await cpuUsOf(workers);
  for (const worker of workers) worker.freeze();
  return used;
}

/** Until pollers have gone to sleep and sessions have told their counts. */
const settleMs = 1_500;

async function startWork({ entry }: Contestant, workers: RoleProcess[]): Promise<void> {
  const work = { duty: 'work', concurrency: entry.concurrency } as const;
  await Promise.all(workers.map((worker) => worker.ask(work)));
}

async function cpuUsOf(workers: RoleProcess[]): Promise<number> {
  const usage = await Promise.all(workers.map((worker) => worker.ask({ duty: 'tellUsage' })));
  return usage.reduce((sum, answer) => sum + numberIn(answer, 'cpuUs'), 0);
}

async function workOff(
  bench: Bench,
  contestant: Contestant,
  { workers, drain, usedBefore }: Crew & { usedBefore: number },
): Promise<Figures> {
  const { database, orders } = drain;
  const isWarm = drain.warmUp !== undefined;
  const before = await readCounters(bench, database, isWarm);
  const begin = performance.now();
  if (isWarm) for (const worker of workers) worker.thaw();
  else await startWork(contestant, workers);
  await waitUntilDone(workers, orders + (drain.warmUp ?? 0));
  const ms = performance.now() - begin;
  const usage = await Promise.all(workers.map((worker) => worker.ask({ duty: 'tellUsage' })));
  const workersCpuUs = usage.reduce((sum, answer) => sum + numberIn(answer, 'cpuUs'), -usedBefore);
  await Promise.all(workers.map((worker) => worker.end()));
  const spent = difference(before, await readCounters(bench, database));
  return {
    ms,
    ordersPerSecond: (1_000 * orders) / ms,
    peakRssMb: Math.max(...usage.map((answer) => numberIn(answer, 'peakRssMb'))),
    workerCpuUs: workersCpuUs / orders,
    ...perOrder(spent, orders),
    ...disturbance(spent, workersCpuUs),
    ...(contestant.entry.needs === 'redis' ? { redisCpuUs: spent.redisCpuUs / orders } : {}),
  };
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
