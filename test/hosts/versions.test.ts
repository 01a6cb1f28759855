import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../acceptance/until.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';
import { urlAs } from '../setup/database.ts';
import { type Depot, openDepot } from './depot.ts';
import { type Desk, openDesk } from './desk.ts';
import { type Host, openHosts, whileFrozen } from './hosts.ts';
import { postings } from './parcels.ts';

const hosts = openHosts();
let pools: TestPools;
let depot: Depot;
/** One of the old build, one of the new. */
let desks: [Desk, Desk];
let databaseUrl: string;
let blue: Host;

beforeAll(async () => {
  pools = await openTestPools();
  depot = await openDepot(pools.rows);
  databaseUrl = urlAs(pools.database, 'fulfillment_worker');
  desks = [openDesk(databaseUrl, 1), openDesk(databaseUrl, 2)];
});
afterAll(async () => {
  await hosts.end();
  await Promise.all(desks.map((desk) => desk.close()));
  await pools.stop();
});

async function start(name: string, versions: number[]): Promise<Host> {
  const host = await hosts.start({
    name,
    databaseUrl,
    carrierUrl: databaseUrl,
    leaseMs: 30_000,
    versions,
    pace: { weighMs: 10, postMs: 10 },
    pollMs: 100,
    jobsMax: 1_000,
    graceMs: 200,
  });
  await depot.untilAlive([name]);
  return host;
}

/** The different weights that were found; only the second version of the weighing finds one. */
const weights = async (subjects: string[]) =>
  (
    await depot.rows<{ grams: number | null }>(
      `select distinct (s.output->>'grams')::int as grams from fulfillment.fulfillment_job_steps s
         join fulfillment.fulfillment_jobs j on j.id = s.job_id where s.step = 'weigh' and j.subject_key = any($1)`,
      [subjects],
    )
  ).map(({ grams }) => grams);

/** The dispatch rows of jobs that wait, and how often each was claimed. */
const waiting = (subjects: string[]) =>
  depot.rows<{ subject: string; worker: string | null; token: number; overdue: boolean }>(
    `select j.subject_key as subject, d.worker, d.lease_token::int as token, d.due_at < clock_timestamp() as overdue
       from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
      where j.subject_key = any($1) order by 1`,
    [subjects],
  );

/** All that hosts ever wrote about these jobs. */
const writersOf = async (subjects: string[]) =>
  (
    await depot.rows<{ actor: string }>(
      `select distinct actor from fulfillment.fulfillment_job_events e join fulfillment.fulfillment_jobs j on j.id = e.job_id
        where j.subject_key = any($1) and actor like 'worker:%' order by 1`,
      [subjects],
    )
  ).map(({ actor }) => actor.replace('worker:', ''));

describe('two builds side by side', () => {
  const sizes = { side: 60, alone: 10, more: 150, begun: 6, unbegun: 6, meanwhile: 100 };

  it('finish the jobs of both plans, and the old one leaves the new plan alone, also while it is by itself', async () => {
    const [first, second] = desks;
    const green = await start('old', [1]);
    const newer = await second.handIn(sizes.side);
    const older = await first.handIn(sizes.side);
    await depot.untilDone(15_000, older);
    expect(await waiting(newer)).toEqual(
      newer.toSorted().map((subject) => ({ subject, worker: null, token: 0, overdue: true })),
    );

    blue = await start('new', [1, 2]);
    const alsoOlder = await whileFrozen([green], async () => {
      const subjects = await first.handIn(sizes.alone);
      await depot.untilDone(15_000, subjects);
      return subjects;
    });
    expect(await writersOf(alsoOlder)).toEqual(['new']);
    older.push(...(await first.handIn(sizes.more)));
    newer.push(...(await second.handIn(sizes.side)));
    await depot.untilDone(15_000);
    expect(await writersOf(newer)).toEqual(['new']);
    expect(await writersOf(older)).toContain('old');
    expect(await weights(older)).toEqual([null]);
    expect(await weights(newer)).toEqual([250]);
  });

  it('lose nothing when the new one is rolled back: its jobs wait, and go on once it is there again', async () => {
    const [first, second] = desks;
    const begun = await second.handIn(sizes.begun, { postMs: 5_000 });
    const isBegun = async () => (await depot.unanswered('new')) === begun.length * postings.length;
    await until('jobs of the new plan begun', isBegun, { withinMs: 4_000, everyMs: 20 });
    blue.signal('SIGTERM');
    expect(await blue.ended).toMatchObject({ code: 0 });

    const unbegun = await second.handIn(sizes.unbegun);
    await depot.untilDone(15_000, await first.handIn(sizes.meanwhile));
    const left = await depot.undone();
    expect(left.map(({ subject }) => subject).toSorted()).toEqual([...begun, ...unbegun].toSorted());
    expect(left.every(({ state, worker }) => state === 'open' && worker === null)).toBe(true);
    // Those in a call are due a moment later: so what they have done is seen by whoever asks.
    expect((await waiting(begun)).map(({ subject, worker, token }) => ({ subject, worker, token }))).toEqual(
      begun.toSorted().map((subject) => ({ subject, worker: null, token: 1 })),
    );
    expect((await waiting(unbegun)).map(({ token }) => token)).toEqual(unbegun.map(() => 0));

    await start('newer', [1, 2]);
    await depot.untilDone(15_000);
    // What had been begun was not begun again.
    expect(await writersOf(begun)).toEqual(['new', 'newer']);
    expect(await writersOf(unbegun)).toEqual(['newer']);
    const sum = Object.values(sizes).reduce((total, size) => total + size, 2 * sizes.side);
    expect(await depot.faults(sum)).toEqual([]);
  });
});
