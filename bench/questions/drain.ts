import type { Question } from '../harness/bench.ts';
import { freshDatabase } from '../harness/databases.ts';
import { drainBacklog } from '../harness/drainBacklog.ts';
import { interleave } from '../harness/interleave.ts';

export const drain: Question = {
  name: 'drain',
  asks: 'How fast does one worker process that has been up for a while work off a backlog, and at what cost?',
  defaults: {
    n: 20_000,
    reps: 3,
    engines: [
      'raw:step',
      'raw:single',
      'ours:commit',
      'ours:commit-unnamed',
      'ours:make',
      'pgboss12:chaintx',
      'pgboss12:chain',
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
      question: 'drain',
      async measure(contestant) {
        const database = await freshDatabase(bench, contestant);
        const orders = Math.min(options.n, contestant.variant.ordersMax);
        return drainBacklog(bench, contestant, {
          database,
          firstOrder: 1,
          orders,
          warmUp: Math.ceil(orders / 4),
        });
      },
    }),
};
