import type { Question } from '../harness/bench.ts';
import { freshDatabase } from '../harness/databases.ts';
import { drainBacklog } from '../harness/drainBacklog.ts';
import { interleave } from '../harness/interleave.ts';

export const processes: Question = {
  name: 'processes',
  asks: 'What do one, two and four worker processes do with the same backlog?',
  defaults: {
    n: 20_000,
    reps: 3,
    workers: [1, 2, 4],
    engines: ['raw:step', 'ours:commit', 'ours:make', 'pgboss12:chaintx'],
  },
  quick: { n: 500, reps: 1 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'processes',
      cases: options.workers.map(String),
      async measure(contestant, round) {
        const database = await freshDatabase(bench, contestant);
        const orders = Math.min(options.n, contestant.variant.ordersMax);
        return drainBacklog(bench, contestant, {
          database,
          firstOrder: 1,
          orders,
          workers: Number(round.case),
          warmUp: Math.ceil(orders / 4),
        });
      },
    }),
};
