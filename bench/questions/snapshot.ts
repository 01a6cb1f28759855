import pg from 'pg';
import { findContestant, type Contestant } from '../engines/roster.ts';
import type { Bench, Question } from '../harness/bench.ts';
import { holderName } from '../harness/counters.ts';
import { freshDatabase } from '../harness/databases.ts';
import { drainBacklog } from '../harness/drainBacklog.ts';
import { note } from '../harness/interleave.ts';
import type { Options } from '../harness/options.ts';

export const snapshot: Question = {
  name: 'snapshot',
  asks: 'What does an order cost while another session holds a REPEATABLE READ snapshot, as a long report or a backup does, so that nothing dead can be cleaned away?',
  defaults: {
    n: 10_000,
    reps: 3,
    // Ten minutes at 50 orders a second.
    churn: 30_000,
    engines: ['raw:step', 'ours:commit', 'pgboss12:chaintx'],
  },
  quick: { n: 500, reps: 1, churn: 1_000 },
  async run(bench, options) {
    for (const id of options.engines) {
      const contestant = findContestant(id);
      const database = bench.missing(contestant) === undefined ? await freshDatabase(bench, contestant) : '';
      await measureOne(bench, contestant, { database, options });
    }
  },
};

async function measureOne(
  bench: Bench,
  contestant: Contestant,
  { database, options }: { database: string; options: Options },
): Promise<void> {
  const orders = Math.min(options.n, contestant.variant.ordersMax);
  let firstOrder = 1;

  async function measure(label: string, before: () => Promise<void>): Promise<void> {
    let ready: Promise<void> | undefined;
    for (let rep = 1; rep <= options.reps; rep += 1) {
      const about = { question: 'snapshot', engine: contestant.id, case: label, rep };
      await note(bench, about, contestant, async () => {
        await (ready ??= before());
        const figures = await drainBacklog(bench, contestant, { database, firstOrder, orders });
        firstOrder += orders;
        return figures;
      });
    }
  }

  let holder: pg.Client | undefined;
  try {
    await measure('no snapshot', async () => undefined);
    await measure(`snapshot held for ${options.churn.toLocaleString('en')} orders`, async () => {
      holder = await holdSnapshot(bench.postgres.url(database));
      await drainBacklog(bench, contestant, { database, firstOrder, orders: options.churn });
      firstOrder += options.churn;
    });
  } finally {
    await holder?.end();
  }
}

async function holdSnapshot(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: holderName });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select count(*) from bench_effects');
  return client;
}
