import type { Question } from '../harness/bench.ts';
import { freshDatabase } from '../harness/databases.ts';
import { drainBacklog } from '../harness/drainBacklog.ts';
import { interleave } from '../harness/interleave.ts';
import { drain } from './drain.ts';

export const cost: Question = {
  name: 'cost',
  asks: 'What does an order cost in statements, commits, log and buffers?',
  defaults: { ...drain.defaults, n: 5_000, reps: 1 },
  quick: { n: 500 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'cost',
      async measure(contestant) {
        const database = await freshDatabase(bench, contestant);
        const orders = Math.min(options.n, contestant.variant.ordersMax);
        return drainBacklog(bench, contestant, { database, firstOrder: 1, orders, countStatements: true });
      },
    }),
};
