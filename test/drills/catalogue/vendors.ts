import { analyticsFault, smtpFault, stripeFaults } from '../../acceptance/shop.ts';
import { until } from '../../acceptance/until.ts';
import type { Drill } from '../drill.ts';
import type { DrilledShop } from '../drilledShop.ts';
import { countLogged } from '../world/log.ts';

async function atWork(shop: DrilledShop): Promise<void> {
  await shop.openDoor();
  await shop.work('one');
}

/** How many attempts have failed, by the timelines. */
async function failedAttempts({ sql }: DrilledShop, step: string): Promise<number> {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from fulfillment.fulfillment_job_events where step = $1 and kind in ('step.retry', 'effect.retry')`,
    [step],
  );
  return row?.count ?? 0;
}

/** Waits until so many attempts of a step have failed; answers how many. */
const untilFailed = (shop: DrilledShop, step: string, count: number) =>
  until(
    `${count} failed attempts of ${step}`,
    async () => {
      const failed = await failedAttempts(shop, step);
      return failed >= count && failed;
    },
    { withinMs: 20_000, everyMs: 20 },
  );

export const vendorDrills: Drill[] = [
  {
    name: 'mails taken without an answer',
    sentence: 'a mail whose acceptance was lost is not sent again',
    async strike(shop) {
      await smtpFault(shop, { mode: 'drop_after_data_accepted', remaining: 4 });
      await atWork(shop);
      await shop.buy(6);
      return { answer: await untilFailed(shop, 'email', 4) };
    },
  },
  {
    name: 'mails lost without an answer',
    sentence: 'a mail that the server took and lost is sent again',
    long: true,
    async strike(shop) {
      await smtpFault(shop, { mode: 'drop_after_data_lost', remaining: 4 });
      await atWork(shop);
      await shop.buy(6);
      return { mail: await untilFailed(shop, 'email', 4) };
    },
  },
  {
    name: 'killed while a mail is out',
    sentence: 'a mail that was under way when its worker was killed arrives once',
    async strike(shop) {
      await shop.openDoor();
      await smtpFault(shop, { mode: 'hang', remaining: 2 });
      const mortal = await shop.work('mortal', { leaseMs: 1_000 });
      await shop.buy(4);
      const attempts = async () =>
        (await shop.sql('select from fulfillment.email_attempts where outcome is null')).length;
      await until('mails on their way', async () => (await attempts()) >= 2, {
        withinMs: 20_000,
        everyMs: 20,
      });
      await mortal.kill();
      await smtpFault(shop, { mode: 'none' });
      await shop.work('heir');
      return { kill: 1 };
    },
  },
  {
    name: 'Stripe in trouble',
    sentence: 'an API that fails, stalls and talks nonsense is asked again',
    long: true,
    async strike(shop) {
      await atWork(shop);
      let failed = 0;
      for (const api of [
        { mode: 'status', status: 500, remaining: 4 },
        { mode: 'reset', remaining: 4 },
        { mode: 'garbage', remaining: 4 },
        { mode: 'status', status: 429, retryAfterSeconds: 1, remaining: 2 },
      ]) {
        const already = await failedAttempts(shop, 'resolve_order');
        await shop.buyUntold(2);
        await stripeFaults(shop, { api, webhooks: { paused: false } });
        failed = await untilFailed(shop, 'resolve_order', already + 1);
        await stripeFaults(shop, {});
      }
      return { api: failed };
    },
  },
  {
    name: 'analytics in trouble',
    sentence: 'analytics that refuse hold up no mail and are told in the end',
    long: true,
    async strike(shop) {
      await analyticsFault(shop, { mode: '500' });
      await atWork(shop);
      await shop.buy(3);
      await shop.untilCompleted(3);
      const failed = await untilFailed(shop, 'analytics', 1);
      await analyticsFault(shop, { mode: 'none' });
      return { analytics: failed, told: await countLogged(shop, 'job.completed') };
    },
  },
];
