import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../acceptance/until.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';
import { urlAs } from '../setup/database.ts';
import { type Depot, openDepot } from './depot.ts';
import { type Desk, openDesk } from './desk.ts';
import { type Host, openHosts, whileFrozen } from './hosts.ts';
import { hasPooler, type Pooler, startPooler } from './pooler.ts';

const missing = hasPooler() ? '' : ' (skipped: no pgbouncer here)';
const names = ['north', 'south', 'east'];
const poolSize = 4;
const leaseMs = 4_000;
const pollMs = 200;

const hosts = openHosts();
let pools: TestPools;
let depot: Depot;
let desk: Desk;
let pooler: Pooler;
let workers: Host[];
let handedIn = 0;

async function handIn(count: number, order = {}): Promise<string[]> {
  handedIn += count;
  return desk.handIn(count, order);
}

beforeAll(async () => {
  if (missing) return;
  pools = await openTestPools();
  depot = await openDepot(pools.rows);
  const direct = urlAs(pools.database, 'fulfillment_worker');
  pooler = await startPooler(direct, poolSize);
  desk = openDesk(pooler.url);
  const orders = { leaseMs, pollMs, versions: [1], jobsMax: 1_000, graceMs: 1_000 };
  const start = (name: string) =>
    hosts.start({
      ...orders,
      name,
      pace: { weighMs: 10, postMs: 10 },
      databaseUrl: pooler.url,
      carrierUrl: pools.database.url,
    });
  workers = await Promise.all(names.map(start));
  await depot.untilAlive(names);
});

afterAll(async () => {
  await hosts.end();
  await desk?.close();
  await pooler?.stop();
  await pools?.stop();
});

/** Every session of the pool at one time, each asked the same by another application. */
async function inEverySession<Row extends pg.QueryResultRow>(question: string): Promise<Row[][]> {
  const clients = Array.from({ length: poolSize }, () => new pg.Client({ connectionString: pooler.url }));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    // A transaction each: so the pooler has to give each of them a session of its own.
    const pids = await Promise.all(
      clients.map(async (client) => {
        await client.query('begin');
        return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
      }),
    );
    expect(new Set(pids).size).toBe(poolSize);
    return await Promise.all(clients.map(async (client) => (await client.query<Row>(question)).rows));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/**
 * What an application can see of its session's settings, and of what others may have left in it. That a session has
 * loaded PL/pgSQL shows in the list of settings, and changes nothing.
 */
const sessionState = `
  select 'setting ' || name as what, setting as value from pg_settings
   where name <> 'application_name' and name not like 'plpgsql.%'
   union all select 'user', session_user || '/' || current_user
   union all select 'statement ' || name, statement from pg_prepared_statements
   union all select 'cursor ' || name, statement from pg_cursors where name not like '<unnamed%'
   union all select 'channel', c from pg_listening_channels() c
   union all select 'lock', l.objid::text from pg_locks l where l.locktype = 'advisory' and l.pid = pg_backend_pid()
   union all select 'temporary ' || relname, relname from pg_class where pg_table_is_visible(oid) and relpersistence = 't'
   order by 1`;

/** The lease tokens with which the steps of these jobs were written. */
const writtenWithTokens = async (subjects: string[]) =>
  (
    await depot.rows<{ token: number }>(
      `select distinct s.lease_token::int as token from fulfillment.fulfillment_job_steps s
         join fulfillment.fulfillment_jobs j on j.id = s.job_id where j.subject_key = any($1)`,
      [subjects],
    )
  ).map(({ token }) => token);

describe.skipIf(missing)(`three workers behind PgBouncer${missing}`, () => {
  it('share four sessions in transaction mode, do all jobs once each and keep their leases', async () => {
    // Longer than a lease, so that they are lost if four busy sessions leave no room to extend it.
    const long = await handIn(6, { weighMs: 1.25 * leaseMs });
    const others = Promise.all([handIn(100, { postMs: 60 }), handIn(100, { postMs: 60 })]);
    const sessions = `select from pg_stat_activity where datname = current_database() and usename = 'fulfillment_worker'`;
    let sessionsMax = 0;
    const isDone = async () => {
      sessionsMax = Math.max(sessionsMax, (await depot.rows(sessions)).length);
      return (await depot.undone(long)).length === 0;
    };
    await until('the end of the long jobs', isDone, { withinMs: 15_000, everyMs: 50 });
    await others;
    await depot.untilDone(15_000);
    expect(await depot.faults(handedIn)).toEqual([]);
    expect(Object.keys(await depot.hands()).toSorted()).toEqual(names.toSorted());
    expect(sessionsMax).toBeGreaterThan(0);
    expect(sessionsMax).toBeLessThanOrEqual(poolSize);
    expect(await writtenWithTokens(long)).toEqual([1]);
    for (const worker of workers) {
      expect(worker.of('lease.lost')).toEqual([]);
      expect(worker.of('unexpected.error')).toEqual([]);
    }
  });

  it('find work by polling, for LISTEN hears nothing there, and each says so', async () => {
    const deaf = async () => workers.every((worker) => worker.of('listen.deaf').length === 1);
    await until('deafness', deaf, { withinMs: 10_000 });
    const subjects = await handIn(30);
    expect(await depot.untilDone(5_000, subjects)).toBeLessThan(2_000);
    expect(workers.flatMap((worker) => worker.of('listen.heard'))).toEqual([]);
  });

  it('leave nothing of theirs in the sessions that others are given', async () => {
    const fresh = new pg.Client({ connectionString: urlAs(pools.database, 'fulfillment_worker') });
    await fresh.connect();
    const { rows: untouched } = await fresh.query(sessionState);
    await fresh.end();
    for (const seen of await inEverySession(sessionState)) expect(seen).toEqual(untouched);
  });

  it('have the jobs of one that is killed taken over', async () => {
    const [killed, ...others] = workers;
    const lost = await whileFrozen(others, async () => {
      await handIn(30, { postMs: 100 });
      const atWork = async () => (await depot.unanswered('north')) > 5;
      await until('much in hand, and some of it in the balance', atWork, { withinMs: 2_000, everyMs: 5 });
      killed?.signal('SIGKILL');
      await killed?.ended;
      return (await depot.held('north')).map(({ subject }) => subject);
    });
    expect(lost.length).toBeGreaterThan(5);
    await handIn(100);
    await depot.untilDone(leaseMs + 5_000, lost);
    await depot.untilDone(15_000);
    expect(await depot.faults(handedIn)).toEqual([]);
  });
});
