import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { until } from '../../acceptance/until.ts';
import type { Drill, Fired } from '../drill.ts';
import type { DrilledShop } from '../drilledShop.ts';
import { countLogged } from '../world/log.ts';

/** A shop in the middle of its work: so many jobs done, more to do. */
async function atWork(shop: DrilledShop, count: number): Promise<void> {
  await shop.openDoor();
  await Promise.all([shop.work('one', { jobsMax: 4 }), shop.work('other', { jobsMax: 4 })]);
  await shop.buy(count);
  await shop.untilCompleted(1);
}

/** Ends the server without a farewell, and waits for the next. */
async function crash(shop: DrilledShop): Promise<void> {
  const server = await shop.postgresPid();
  process.kill(server, 'SIGQUIT');
  await until('another server', async () => (await shop.postgresPid()) !== server, { withinMs: 30_000 });
}

/** How long what is done to the database lasts. */
const strikeMs = 1_500;

/** Ends the product's sessions, so that what was set counts for the next ones. Answers how many there were. */
async function endSessions({ sqlAsAdmin }: DrilledShop, role = 'fulfillment\\_%'): Promise<number> {
  const ended = await sqlAsAdmin(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where usename like $1 and datname = current_database()`,
    [role],
  );
  return ended.length;
}

/** Sets something that counts for new sessions, for as long as something else goes on. */
async function during<Result>(
  shop: DrilledShop,
  { set, unset }: { set: string; unset: string },
  meanwhile: () => Promise<Result>,
): Promise<Result> {
  await shop.sqlAsAdmin(set);
  try {
    await endSessions(shop);
    return await meanwhile();
  } finally {
    await shop.sqlAsAdmin(unset);
    await endSessions(shop);
  }
}

const connectionLimit = (limit: number) =>
  ['fulfillment_worker', 'fulfillment_intake']
    .map((role) => `alter role ${role} connection limit ${limit}`)
    .join('; ');

export const databaseDrills: Drill[] = [
  {
    name: 'database stopped at once',
    sentence: 'Postgres ends without a farewell, twice in a row, and nothing that was answered is lost',
    async strike(shop) {
      await atWork(shop, 12);
      let crashes = 0;
      for (let round = 0; round < 2; round += 1) {
        await crash(shop);
        crashes += 1;
        await shop.buy(3);
      }
      return { crash: crashes };
    },
  },
  {
    name: 'restart storm',
    sentence:
      'Postgres ends without a farewell every two seconds, workers die in between, and nothing is lost',
    long: true,
    async strike(shop) {
      await atWork(shop, 20);
      const fired = { crash: 0, kill: 0 };
      let mortal = await shop.work('mortal', { jobsMax: 4, leaseMs: 1_000 });
      for (let round = 0; round < 4; round += 1) {
        const over = sleep(2_000);
        await crash(shop);
        fired.crash += 1;
        const already = await shop.completed();
        await shop.buy(8);
        // Between two ends of the server it works: else there would be nothing to lose.
        await shop.untilCompleted(already + 1);
        await mortal.kill();
        fired.kill += 1;
        mortal = await shop.work(`mortal-${round}`, { jobsMax: 4, leaseMs: 1_000 });
        await over;
      }
      return fired;
    },
  },
  {
    name: 'sessions ended',
    sentence: 'sessions that the server ends take nothing with them',
    async strike(shop) {
      await atWork(shop, 12);
      let ended = 0;
      for (let round = 0; round < 6; round += 1) {
        ended += await endSessions(shop);
        await sleep(100);
      }
      return { session: ended };
    },
  },
  {
    name: 'no connection left',
    sentence: 'while the server refuses connections everybody waits, and goes on by himself',
    long: true,
    async strike(shop) {
      await atWork(shop, 8);
      await during(shop, { set: connectionLimit(0), unset: connectionLimit(-1) }, async () => {
        await shop.buy(4);
        await sleep(strikeMs);
      });
      return { refused: await countLogged(shop, 'database.unavailable', '53300') };
    },
  },
  {
    name: 'statements cut off',
    sentence: 'statements that take too long are cut off, and done again',
    long: true,
    async strike(shop) {
      await atWork(shop, 30);
      const timeout = {
        set: `alter role fulfillment_worker set statement_timeout = '60ms'`,
        unset: 'alter role fulfillment_worker reset statement_timeout',
      };
      return during(shop, timeout, () => cutOff(shop));
    },
  },
  {
    name: 'deadlock',
    sentence: 'whoever loses a deadlock does it again',
    async strike(shop) {
      await shop.openDoor();
      await shop.buy(4);
      await shop.untilAccepted();
      const { rows } = await deadlocked(shop);
      return { deadlock: rows };
    },
  },
  {
    name: 'read-only database',
    sentence: 'a database that takes no writes is waited for',
    long: true,
    async strike(shop) {
      await atWork(shop, 8);
      const database = `database ${pg.escapeIdentifier(new URL(shop.places.databaseUrl).pathname.slice(1))}`;
      const readOnly = {
        set: `alter ${database} set default_transaction_read_only = on`,
        // Said by a session that it counts for as well.
        unset: `begin; set transaction read write; alter ${database} reset default_transaction_read_only; commit`,
      };
      await during(shop, readOnly, async () => {
        await sleep(strikeMs / 3);
        await shop.buy(4);
        await sleep(strikeMs);
      });
      return { refused: await countLogged(shop, 'database.unavailable', '25006') };
    },
  },
];

/** Statements that wait for the table of jobs just now. */
async function waitingForJobs({ sqlAsAdmin }: DrilledShop): Promise<string[]> {
  const rows = await sqlAsAdmin<{ statement: string }>(
    `select l.pid || ' since ' || a.query_start as statement from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and l.relation = 'fulfillment.fulfillment_jobs'::regclass`,
  );
  return rows.map(({ statement }) => statement);
}

/** Whoever changes a job waits for a lock that is not let go of. Answers how often one has stopped waiting for it. */
async function cutOff(shop: DrilledShop): Promise<Fired> {
  const blocker = new pg.Client({ connectionString: shop.places.databaseUrl });
  await blocker.connect();
  let cut = 0;
  for (let round = 0; round < 3; round += 1) {
    await blocker.query('begin; lock table fulfillment.fulfillment_jobs in exclusive mode');
    let waiting: string[] = [];
    await until('one who waits', async () => (waiting = await waitingForJobs(shop)).length > 0, {
      withinMs: 3_000,
      everyMs: 5,
    });
    // Not for longer: what is cut off four times in a row is told as a mistake.
    await sleep(80);
    const left = await waitingForJobs(shop);
    cut += waiting.filter((statement) => !left.includes(statement)).length;
    await blocker.query('commit');
  }
  await blocker.end();
  return { cutOff: cut };
}

/** Takes the locks of a job in the wrong order, until the server has counted a deadlock. */
async function deadlocked(shop: DrilledShop): Promise<{ rows: number }> {
  const count = async () => {
    const [row] = await shop.sqlAsAdmin<{ deadlocks: number }>(
      `select deadlocks::int from pg_stat_database where datname = current_database()`,
    );
    return row?.deadlocks ?? 0;
  };
  const before = await count();
  const wrong = new pg.Client({ connectionString: shop.places.databaseUrl });
  await wrong.connect();
  await wrong.query(
    `begin; set local deadlock_timeout = '10s'; select id from fulfillment.fulfillment_jobs for update`,
  );
  await shop.work('patient');
  await until(
    'a worker that waits for a job',
    async () =>
      (
        await shop.sqlAsAdmin(
          `select pid from pg_stat_activity where wait_event_type = 'Lock' and usename = 'fulfillment_worker'`,
        )
      ).length > 0,
    { withinMs: 10_000, everyMs: 10 },
  );
  // It holds the rows in dispatch: now each waits for the other, and the worker is the first to look why.
  await wrong.query('select job_id from fulfillment.fulfillment_dispatch for update').catch(() => undefined);
  await wrong.query('rollback');
  await wrong.end();
  await until('a deadlock counted', async () => (await count()) > before, { withinMs: 10_000, everyMs: 50 });
  return { rows: (await count()) - before };
}
