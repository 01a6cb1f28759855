import { expect, it } from 'vitest';
import { adoptAll, startBeforePastSales } from '../../builders/pastSales.ts';

it('ten thousand sales of the past are adopted, and nobody is mailed', async () => {
  const sales = 10_000;
  const shop = await startBeforePastSales(sales);
  try {
    expect(await adoptAll(shop, { timeoutMs: 12 * 60_000 })).toEqual({
      adopted: sales,
      otherJobs: 0,
      owned: sales,
      payments: sales,
      receipts: 0,
      mails: 0,
      tracked: 0,
    });
  } finally {
    await shop.stop();
  }
});
