import { setTimeout as sleep } from 'node:timers/promises';
import { refund } from '../../acceptance/shop.ts';
import { checkTimelines } from '../../acceptance/checks/timeline.ts';
import { checkLog } from '../../acceptance/checks/standIns.ts';
import { until } from '../../acceptance/until.ts';
import type { Boundary } from '../boundary.ts';
import { checkRefunded } from '../checks/refunded.ts';
import { checkAcknowledged } from '../checks/webhooks.ts';
import { checkWriters } from '../checks/writers.ts';
import type { DrilledShop } from '../drilledShop.ts';
import type { BringJobs } from './sweptShop.ts';

const settled = async (shop: DrilledShop): Promise<number> => {
  const [row] = await shop.sql<{ count: number }>(
    `select count(*)::int as count from fulfillment.fulfillment_jobs where kind = 'settle'`,
  );
  return row?.count ?? 0;
};

/** Jobs that follow a refund: payments are bought and fulfilled, and then everything is given back. */
export const refundsOfFulfilled: BringJobs = async (shop, count) => {
  const before = await settled(shop);
  const bought = await shop.buy(count);
  const fulfiller = await shop.work('fulfiller');
  const keys = bought.map(({ paymentKey }) => paymentKey);
  await until('fulfilled payments', async () => (await fulfilled(shop, keys)) === count, {
    withinMs: 30_000,
    everyMs: 50,
  });
  await fulfiller.dismiss();
  await Promise.all(bought.map((purchase) => refund(shop, purchase)));
  await until('refunds that are known', async () => (await settled(shop)) >= before + count, {
    withinMs: 30_000,
    everyMs: 50,
  });
};

async function fulfilled(shop: DrilledShop, paymentKeys: string[]): Promise<number> {
  const [row] = await shop.sql<{ count: number }>(
    `select count(*)::int as count from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
      where j.kind = 'fulfil' and j.state = 'completed' and p.payment_key = any($1)
        and not exists (select from fulfillment.fulfillment_dispatch d where d.job_id = j.id)`,
    [paymentKeys],
  );
  return row?.count ?? 0;
}

/** How long a refund has for its work while whoever fulfils the payment stands still. */
const meanwhileMs = 1_000;
/** A boundary that depends on chance is not met by every job. */
const triesMax = 4;
const frozenWithinMs = 6_000;

/**
 * For each boundary of fulfilment a worker that stands still there, a refund of what it works on, and then it goes on with
 * what it knew. Answers where nobody came by.
 */
export async function refundAtEach(
  shop: DrilledShop,
  boundaries: Boundary[],
  sideBySide: number,
): Promise<Boundary[]> {
  let left = boundaries;
  for (let tries = 1; tries <= triesMax && left.length > 0; tries += 1) {
    const missed: Boundary[] = [];
    for (let from = 0; from < left.length; from += sideBySide)
      missed.push(...(await refundAtSome(shop, left.slice(from, from + sideBySide))));
    left = missed;
  }
  return left;
}

async function refundAtSome(shop: DrilledShop, boundaries: Boundary[]): Promise<Boundary[]> {
  const bought = await shop.buy(boundaries.length);
  await shop.untilAccepted();
  const frozen = await Promise.all(
    boundaries.map((freezeAt, lane) =>
      shop.work(`frozen-${lane}`, { jobsMax: 1, pollMs: 20, leaseMs: 4_000, hooks: { freezeAt } }),
    ),
  );
  const struck = (lane: number) => frozen[lane]?.struck.has(boundaries[lane] ?? '') === true;
  await until('workers that stand still', async () => boundaries.every((_, lane) => struck(lane)), {
    withinMs: frozenWithinMs,
    everyMs: 50,
  }).catch(() => undefined);
  const missed = boundaries.filter((_, lane) => !struck(lane));

  await Promise.all(bought.map((purchase) => refund(shop, purchase)));
  const settler = await shop.work('settler');
  await sleep(meanwhileMs);
  for (const worker of frozen) worker.signal('SIGCONT');
  await restWithRefunds(shop);
  await Promise.all([settler, ...frozen].map((worker) => worker.dismiss()));
  return missed;
}

const restWithinMs = 60_000;

/** Until every payment is fulfilled and settled. */
const restWithRefunds = (shop: DrilledShop): Promise<unknown> =>
  until(
    'every refund settled',
    async () => {
      const [row] = await shop.sql<{ payments: number; settled: number; open: number }>(
        `select (select count(*)::int from fulfillment.payments) as payments,
                (select count(*)::int from fulfillment.fulfillment_jobs where kind = 'settle') as settled,
                (select count(*)::int from fulfillment.fulfillment_dispatch) as open`,
      );
      return row !== undefined && row.settled === row.payments && row.open === 0;
    },
    { withinMs: restWithinMs, everyMs: 100 },
  ).catch(async (error: unknown) => {
    throw new Error(`${(error as Error).message} ${await shop.lastWords()}`);
  });

/** What is not as it must be where everything was given back. */
export const violationsAfterRefunds = async (shop: DrilledShop): Promise<string[]> => [
  ...(await checkRefunded(shop)),
  ...(await checkTimelines(shop)),
  ...(await checkLog(shop)),
  ...(await checkWriters(shop)),
  ...(await checkAcknowledged(shop)),
];
