import { expect, it } from 'vitest';
import { decideSale, saleOfCheckout } from '../../../src/intake/catchUp/foundSale.ts';
import { adoptPlan, handMadePlans } from '../../../src/steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../../../src/steps/plans.ts';
import { createFoundSaleDoor } from '../../../src/store/events/acceptFound.ts';
import { aBook, startFulfilStack } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aCheckout, anIntent, aRefund } from '../../fakes/memoryPayments.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';
import { adoptAll, startBeforePastSales } from '../../builders/pastSales.ts';

it(
  'a new installation adopts what an account has sold before, and mails nobody',
  { timeout: 90_000 },
  async () => {
    const sales = 200;
    const shop = await startBeforePastSales(sales);
    try {
      expect(await adoptAll(shop, { timeoutMs: 25_000 })).toEqual({
        adopted: sales,
        otherJobs: 0,
        owned: sales,
        payments: sales,
        receipts: 0,
        mails: 0,
        tracked: 0,
      });
      const sweeps = await shop.sweeps();
      expect(sweeps.every(({ finished }) => finished)).toBe(true);
      expect(sweeps.at(-1)).toMatchObject({ kind: 'adopt', adopted: 0, fulfilled: 0, left_out: 0 });
    } finally {
      await shop.stop();
    }
  },
);

it('a sale of the past whose money went back ends with nothing owned, and nobody is told', async () => {
  const stack = await startFulfilStack();
  try {
    await stack.importBooks(aBook('calm-checkout', 'price_1'));
    const startDate = new Date();
    const checkout = aCheckout();
    stack.payments.addCheckout(checkout);
    stack.payments.addIntent(anIntent());
    stack.payments.setMoney('pi_1', { refunds: [aRefund({ createdAt: new Date('2026-11-22T11:00:00Z') })] });
    const money = { paidAt: checkout.createdAt, refunded: 4900, disputed: false };
    const sale = saleOfCheckout({ ...checkout, money }, false);
    if (!sale) throw new Error('It is paid.');
    const decision = decideSale(sale, undefined, {
      livemode: false,
      startDate,
      plan: fulfilPlan,
      adoptPlan,
      settlePlan,
      slaSeconds: 300,
      adoptSlaSeconds: 604_800,
    });
    if (decision.kind !== 'adopt') throw new Error(`It is ${decision.kind}.`);
    const mailer = createMemoryMailer();
    const { jobId } = await createFoundSaleDoor(stack.poolAs('fulfillment_worker')).acceptFound(
      decision,
      'sweep',
    );
    stack.startWorker(
      [fulfilPlan, settlePlan, ...handMadePlans],
      stack.stepsFor({ mailer, settling: { startDate } }, createRecordingTelemetry()),
    );
    await stack.untilOver(jobId ?? '');
    const [settle] = await stack.rows<{ id: string }>(
      `select id from fulfillment.fulfillment_jobs where kind = 'settle'`,
    );
    await stack.untilOver(settle?.id ?? '');
    expect(await stack.rows('select state from fulfillment.ebook_entitlements')).toEqual([
      { state: 'revoked' },
    ]);
    expect(await stack.rows('select from fulfillment.payment_notices')).toEqual([]);
    expect(mailer.attempts).toEqual([]);
  } finally {
    await stack.stopWorkers();
    await stack.stop();
  }
});
