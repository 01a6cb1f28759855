import { createStripePayments } from '../../src/providers/stripe/adapter.ts';
import { handMadePlans } from '../../src/steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { startCatchUpStack } from './catchUpStack.ts';
import { eventually } from './engineStack.ts';
import { aBook, startFulfilStack } from './fulfilStack.ts';

const day = 86_400;
const atOnce = 8;

/** A new installation, with the product's own steps, before an account that has sold for years. */
export async function startBeforePastSales(count: number) {
  const stack = await startFulfilStack();
  const catchUp = await startCatchUpStack(stack);
  const { baseUrl } = catchUp.bench.sandbox;
  const stripe = createStripePayments({ secretKey: 'sk_test_bench', baseUrl, timeoutMs: 10_000 });
  // All steps ask the stand-in, as they would ask Stripe.
  Object.assign(stack.payments, stripe);
  await stack.importBooks(
    aBook('tides', 'price_tides_eur', {
      prices: [{ priceId: 'price_tides_eur', currency: 'eur', unitAmount: 1200 }],
    }),
  );
  const startDate = new Date();
  const nowSeconds = Math.floor(startDate.getTime() / 1000);
  const since = new Date((nowSeconds - 400 * day) * 1000);
  const keys = await seed();
  const mailer = createMemoryMailer();
  const told = createRecordingTelemetry();
  stack.startWorker(
    [fulfilPlan, settlePlan, ...handMadePlans],
    stack.stepsFor({ mailer, settling: { startDate } }, told),
  );

  /** Paid over more than a year, every tenth for nothing; by buyers of whom many have bought before. */
  async function seed(): Promise<string[]> {
    const all = Array.from({ length: count }, (_none, index) => index);
    const bought: string[] = [];
    const sell = async (): Promise<void> => {
      for (let index = all.shift(); index !== undefined; index = all.shift()) {
        const { key } = await catchUp.buySilently({
          created: nowSeconds - (1 + (index % 380)) * day - index,
          email: `buyer${index % Math.ceil(count * 0.8)}@example.com`,
          ...(index % 10 === 0 ? { method: 'free' } : {}),
        });
        bought.push(key);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sell));
    return bought;
  }

  async function countOf(query: string): Promise<number> {
    const [row] = await stack.rows<{ count: number }>(`select count(*)::int as count from ${query}`);
    return row?.count ?? 0;
  }

  return {
    startDate,
    since,
    keys,
    mailer,
    sweeps: catchUp.sweeps,
    store: catchUp.store,
    /** A process that catches up, of which the next can take over at once. */
    instance: () => catchUp.instance({ startDate, intervalMs: 60_000, leaseMs: 1_000 }),
    buySilently: catchUp.buySilently,
    sales: catchUp.sales,

    /** Until every sweep is made and nothing is due any more. */
    async untilDone(timeoutMs: number): Promise<void> {
      let left = '';
      await eventually(
        async () => {
          const sweeps = await countOf('fulfillment.catch_up_sweeps where finished_at is null');
          const jobs = await countOf('fulfillment.fulfillment_dispatch');
          left = `${sweeps} sweeps, ${jobs} jobs`;
          return sweeps === 0 && jobs === 0;
        },
        () => `Not done: ${left}`,
        timeoutMs,
      );
    },

    /** What there is of the sales, for whoever counts. */
    async found() {
      return {
        adopted: await countOf(
          `fulfillment.fulfillment_jobs j join fulfillment.fulfillment_plans p on p.id = j.plan_id
            where p.definition ->> 'name' = 'adopt' and j.state = 'completed'`,
        ),
        otherJobs: await countOf(
          `fulfillment.fulfillment_jobs j join fulfillment.fulfillment_plans p on p.id = j.plan_id
            where p.definition ->> 'name' <> 'adopt'`,
        ),
        owned: await countOf(`fulfillment.ebook_entitlements where state = 'pending_claim'`),
        payments: await countOf('fulfillment.payments'),
        receipts: await countOf('fulfillment.receipts'),
        mails: (await countOf('fulfillment.email_messages')) + mailer.attempts.length,
        tracked: stack.analytics.events.length,
      };
    },

    async stop() {
      await stack.stopWorkers();
      await catchUp.stop();
      await stack.stop();
    },
  };
}

export type BeforePastSales = Awaited<ReturnType<typeof startBeforePastSales>>;

/**
 * Adopts everything by several processes of which each is stopped in the middle, twice over; and expects that all is owned
 * and nobody was mailed.
 *
 * @returns what there is afterwards
 */
export async function adoptAll(shop: BeforePastSales, { timeoutMs }: { timeoutMs: number }) {
  const first = shop.instance();
  await first.take();
  await shop.store.plan(first.worker, [{ kind: 'adopt', since: shop.since, until: shop.startDate }]);
  // It dies after a page, without a word; the lease ends.
  await first.sweepPage();
  for (let round = 0; round < 2; round += 1) {
    const loop = shop.instance().loop();
    loop.start();
    if (round === 0) await new Promise((resolve) => setTimeout(resolve, 1_500));
    else await shop.untilDone(timeoutMs);
    await loop.stop();
  }
  // Once more, by somebody who is not sure that it was done.
  const again = shop.instance();
  await again.take();
  await shop.store.plan(again.worker, [{ kind: 'adopt', since: shop.since, until: shop.startDate }]);
  while ((await again.sweepPage()) !== 'nothing_to_do');
  await again.release();
  return shop.found();
}
