import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allMails } from '../../acceptance/inbox.ts';
import { report } from '../../acceptance/sizes.ts';
import { until } from '../../acceptance/until.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';
import type { Member } from '../world/crew.ts';

const payments = 6;
const workers = 2;
/** One for all jobs together, one for those that lost their worker, three alone, and some to spare. */
const deathsMax = 8;

interface JobRow {
  id: string;
  state: string;
  reason: string | null;
  email: string;
}

const readJobs = ({ sql, purchases }: DrilledShop): Promise<JobRow[]> =>
  sql<JobRow & { payment_key: string }>(
    `select j.id, j.state, j.reason, p.payment_key from fulfillment.fulfillment_jobs j
       join fulfillment.payments p on p.id = j.payment_id order by j.id`,
  ).then((rows) =>
    rows.map((row) => ({
      ...row,
      email: purchases.find(({ paymentKey }) => paymentKey === row.payment_key)?.email ?? '',
    })),
  );

/** Hires a worker for each that has died of the job, until the job is out of the way. Answers how many have died. */
async function workUntilFailed(shop: DrilledShop, jobId: string): Promise<number> {
  let hired = 0;
  let deaths = 0;
  const hire = () =>
    shop.work(`mortal-${(hired += 1)}`, {
      jobsMax: 50,
      leaseMs: 1_000,
      // Not at a mail: after three attempts that may have arrived, that is handed to a person anyway.
      hooks: { dieAt: 'before_call resolve_order', dieFor: jobId },
    });
  const team: Member[] = await Promise.all(Array.from({ length: workers }, hire));
  await until(
    'the job that kills its workers failed',
    async () => {
      for (const [place, member] of team.entries()) {
        if (member.isAlive) continue;
        deaths += 1;
        team[place] = await hire();
      }
      return (await readJobs(shop)).some(({ id, state }) => id === jobId && state === 'failed');
    },
    { withinMs: 180_000, everyMs: 50 },
  );
  // Who died while another was hired has not been counted yet.
  return deaths + team.filter(({ isAlive }) => !isAlive).length;
}

describe('a job that kills each of its workers', () => {
  let shop: DrilledShop;
  beforeAll(async () => {
    shop = await openDrilledShop();
  });
  afterAll(() => shop.remove());

  it('is taken out of the way before long, and takes no other along', { timeout: 300_000 }, async () => {
    await shop.openDoor();
    await shop.buy(payments);
    await shop.untilAccepted();
    const [chosen] = await readJobs(shop);
    if (!chosen) throw new Error('There is no job.');

    const beganMs = performance.now();
    const deaths = await workUntilFailed(shop, chosen.id);
    report('poisoned job', { deaths, allMs: performance.now() - beganMs });
    await shop.untilCompleted(payments - 1);
    await until(
      'an empty dispatch table',
      async () => (await shop.sql('select from fulfillment.fulfillment_dispatch')).length === 0,
      { withinMs: 20_000 },
    );

    const jobs = await readJobs(shop);
    const healthy = jobs.filter(({ id }) => id !== chosen.id);
    expect(deaths).toBeGreaterThanOrEqual(3);
    expect(deaths).toBeLessThanOrEqual(deathsMax);
    expect(jobs.find(({ id }) => id === chosen.id)).toMatchObject({ state: 'failed', reason: 'crash_loop' });
    expect(healthy.map(({ state }) => state)).toEqual(Array(payments - 1).fill('completed'));
    const receivers = (await allMails(shop)).flatMap(({ To }) => To.map(({ Address }) => Address));
    expect(receivers.toSorted()).toEqual(healthy.map(({ email }) => email).toSorted());
  });
});
