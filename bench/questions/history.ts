import { findContestant, type Contestant } from '../engines/roster.ts';
import { runOnce, type Bench, type Question } from '../harness/bench.ts';
import { dropDatabase, freshDatabase } from '../harness/databases.ts';
import { drainBacklog } from '../harness/drainBacklog.ts';
import { note } from '../harness/interleave.ts';
import type { Options } from '../harness/options.ts';
import { refreshStatistics } from '../harness/withDatabase.ts';

const prefillLimitMs = 3_600_000;

export const history: Question = {
  name: 'history',
  asks: 'Do finished orders slow down the work on new ones?',
  defaults: {
    n: 10_000,
    reps: 3,
    finished: 2_000_000,
    rows: 10_000_000,
    engines: ['ours:commit', 'pgboss12:chaintx'],
  },
  quick: { n: 500, reps: 1, finished: 5_000, rows: 10_000 },
  async run(bench, options) {
    // One engine after the other: each keeps its history for all its repetitions.
    for (const id of options.engines) {
      const contestant = findContestant(id);
      const name = bench.missing(contestant) === undefined ? await freshDatabase(bench, contestant) : '';
      await measureAges(bench, contestant, { database: name, options });
      if (name) await dropDatabase(bench, name);
    }
  },
};

async function measureAges(
  bench: Bench,
  contestant: Contestant,
  { database, options }: { database: string; options: Options },
): Promise<void> {
  const { finishedMax = 0, rowsMax = 0 } = contestant.variant;
  const finished = Math.min(options.finished, finishedMax);
  const rows = Math.min(options.rows, rowsMax);
  if (finished === 0) return bench.say(`history · ${contestant.id}: there is no way to make it a history`);
  const ages = [
    { label: 'no history', before: async () => undefined },
    {
      label: `${inFigures(finished)} finished orders`,
      before: () => prefill(bench, contestant, { database, orders: finished, everything: true }),
    },
    {
      label: `${inFigures(rows)} rows of jobs`,
      before: () => prefill(bench, contestant, { database, orders: rows - finished, everything: false }),
    },
  ];
  const orders = Math.min(options.n, contestant.variant.ordersMax);
  let firstOrder = 1;
  for (const age of rows > finished ? ages : ages.slice(0, 2)) {
    let ready: Promise<void> | undefined;
    for (let rep = 1; rep <= options.reps; rep += 1) {
      const about = { question: 'history', engine: contestant.id, case: age.label, rep };
      const drained = await note(bench, about, contestant, async () => {
        await (ready ??= age.before());
        return drainBacklog(bench, contestant, { database, firstOrder, orders, countStatements: true });
      });
      if (!drained) return;
      firstOrder += orders;
    }
  }
}

interface Prefill {
  database: string;
  orders: number;
  everything: boolean;
}

async function prefill(
  bench: Bench,
  contestant: Contestant,
  { database, ...history }: Prefill,
): Promise<void> {
  bench.say(`  making ${inFigures(history.orders)} finished orders of ${contestant.id} …`);
  const command = { duty: 'prefill', ...history } as const;
  await runOnce(bench, contestant, { database }, { command, timeoutMs: prefillLimitMs });
  await refreshStatistics(bench, database);
}

function inFigures(count: number): string {
  return count.toLocaleString('en');
}
