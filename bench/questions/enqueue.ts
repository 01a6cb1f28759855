import type { Contestant } from '../engines/roster.ts';
import { startProcess, type Bench, type Question } from '../harness/bench.ts';
import { difference, readCounters } from '../harness/counters.ts';
import { freshDatabase } from '../harness/databases.ts';
import { interleave } from '../harness/interleave.ts';
import type { Figures } from '../harness/resultsFile.ts';
import { numberIn } from '../harness/roleProcess.ts';

/** A web server's worth of buyers at one time. */
const inFlight = 16;

export const enqueue: Question = {
  name: 'enqueue',
  asks: 'How fast are orders accepted, as one backlog and one by one, 16 at a time?',
  defaults: {
    n: 20_000,
    reps: 3,
    engines: [
      'raw:step',
      'ours:commit',
      'pgboss12:chaintx',
      'pgboss10:chain',
      'graphile:chain',
      'dbos:steps',
      'bullmq:steps',
      'absurd:steps',
    ],
  },
  quick: { n: 500, reps: 1 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'enqueue',
      measure: (contestant) =>
        acceptOrders(bench, contestant, Math.min(options.n, contestant.variant.ordersMax)),
    }),
};

async function acceptOrders(bench: Bench, contestant: Contestant, orders: number): Promise<Figures> {
  const database = await freshDatabase(bench, contestant);
  const singles = Math.ceil(orders / 10);
  const before = await readCounters(bench, database);
  const sender = await startProcess(bench, contestant, { database });
  try {
    const backlog = await sender.ask({ duty: 'enqueue', firstOrder: 1, orders });
    const rest = { firstOrder: orders + 1, orders: singles, inFlight };
    const oneByOne = await sender.ask({ duty: 'enqueueSingly', ...rest });
    await sender.end();
    const spent = difference(before, await readCounters(bench, database));
    return {
      orders,
      backlogPerSecond: (1_000 * orders) / numberIn(backlog, 'ms'),
      singlyPerSecond: (1_000 * singles) / numberIn(oneByOne, 'ms'),
      postgresCpuUs: spent.postgresCpuUs / (orders + singles),
      walBytes: spent.walBytes / (orders + singles),
    };
  } finally {
    await sender.kill();
  }
}
