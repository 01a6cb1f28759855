import { setTimeout as delay } from 'node:timers/promises';
import type { Contestant } from '../engines/roster.ts';
import { startProcess, type Bench, type Question } from '../harness/bench.ts';
import { difference, disturbance, readCounters } from '../harness/counters.ts';
import { freshDatabase } from '../harness/databases.ts';
import { interleave } from '../harness/interleave.ts';
import type { Options } from '../harness/options.ts';
import type { Figures } from '../harness/resultsFile.ts';
import { numberIn, type RoleProcess } from '../harness/roleProcess.ts';
import { percentile } from '../harness/statistics.ts';

/** Orders come from a process of their own, or from the one that works on them. */
const places = ['another process', 'the same process'] as const;

/** Connections, listeners and first polls are over by then. */
const settleMs = 1_500;
/** Of the same load before it counts: code is compiled by then, as in a process that has been up for a while. */
const warmUpSeconds = 3;
const warmUpFirstOrder = 800_000_000;
const patienceMs = 30_000;

export const latency: Question = {
  name: 'latency',
  asks: 'How long is it from the call that accepts an order to the end of its last step, at 50 orders a second?',
  defaults: {
    rate: 50,
    seconds: 10,
    reps: 3,
    engines: [
      'ours:commit',
      'ours:make',
      'pgboss12:chain',
      'pgboss10:chain',
      'graphile:chain',
      'dbos:steps',
      'bullmq:steps',
      'absurd:steps',
    ],
  },
  quick: { seconds: 3, reps: 1 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'latency',
      cases: [...places],
      measure: async (contestant, round) => {
        const database = await freshDatabase(bench, contestant);
        const worker = await startProcess(bench, contestant, { database, processName: 'worker-1' });
        const apart = round.case === places[0];
        const sender = apart ? await startProcess(bench, contestant, { database }) : worker;
        try {
          return await measure(bench, contestant, { database, worker, sender, options });
        } finally {
          await Promise.all([worker.kill(), sender.kill()]);
        }
      },
    }),
};

interface Scene {
  database: string;
  worker: RoleProcess;
  sender: RoleProcess;
  options: Options;
}

async function measure(
  bench: Bench,
  contestant: Contestant,
  { database, worker, sender, options }: Scene,
): Promise<Figures> {
  const orders = options.rate * options.seconds;
  const warmUp = options.rate * warmUpSeconds;
  const load = { duty: 'enqueueSteadily', perSecond: options.rate } as const;
  const before = await readCounters(bench, database);
  const begin = performance.now();
  await worker.ask({ duty: 'work', concurrency: contestant.entry.concurrency });
  await delay(settleMs);
  await sender.ask({ ...load, firstOrder: warmUpFirstOrder, orders: warmUp });
  await collectLatencies(worker, warmUp);
  await sender.ask({ ...load, firstOrder: 1, orders });
  const latenciesMs = (await collectLatencies(worker, warmUp + orders)).slice(warmUp);
  const usage = await worker.ask({ duty: 'tellUsage' });
  const senderCpuUs = sender === worker ? 0 : numberIn(await sender.ask({ duty: 'tellUsage' }), 'cpuUs');
  const seconds = (performance.now() - begin) / 1_000;
  if (sender !== worker) await sender.end();
  await worker.end();
  const spent = difference(before, await readCounters(bench, database));
  return {
    orders,
    p50Ms: percentile(latenciesMs, 0.5),
    p95Ms: percentile(latenciesMs, 0.95),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: Math.max(...latenciesMs),
    workerCpuPercent: numberIn(usage, 'cpuUs') / seconds / 10_000,
    postgresCpuPercent: spent.postgresCpuUs / seconds / 10_000,
    ...(contestant.entry.needs === 'redis' ? { redisCpuPercent: spent.redisCpuUs / seconds / 10_000 } : {}),
    commits: spent.commits / (warmUp + orders),
    ...disturbance(spent, numberIn(usage, 'cpuUs') + senderCpuUs),
  };
}

async function collectLatencies(worker: RoleProcess, orders: number): Promise<number[]> {
  const deadline = performance.now() + patienceMs;
  while (worker.done < orders && performance.now() < deadline) await delay(20);
  const { latenciesUs } = await worker.ask({ duty: 'tellUsage' });
  if (!Array.isArray(latenciesUs) || latenciesUs.length < orders)
    throw new Error(`${worker.done} of ${orders} orders done ${patienceMs / 1_000} s after the last`);
  return latenciesUs.map((us) => us / 1_000);
}
