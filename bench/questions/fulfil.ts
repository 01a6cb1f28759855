import { proveFulfilled } from '../fulfil/proof.ts';
import type { Question } from '../harness/bench.ts';
import { freshDatabase } from '../harness/databases.ts';
import { workOffBacklog } from '../harness/drainBacklog.ts';
import { interleave } from '../harness/interleave.ts';

const workers = 2;

export const fulfil: Question = {
  name: 'fulfil',
  work: 'purchases',
  asks: 'How fast do two worker processes work off purchases by the shop’s own plan, with stand-ins for the world outside that answer at once?',
  defaults: { n: 4_000, reps: 3, engines: ['fulfil:named', 'fulfil:unnamed', 'fulfil:told'] },
  quick: { n: 500, reps: 1 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'fulfil',
      async measure(contestant) {
        const database = await freshDatabase(bench, contestant);
        const orders = Math.min(options.n, contestant.variant.ordersMax);
        const backlog = { database, firstOrder: 1, orders, workers };
        const worked = await workOffBacklog(bench, contestant, backlog);
        return { ...worked, ...(await proveFulfilled(bench, backlog)) };
      },
    }),
};
