import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Format } from '../../../src/domain/effectKey.ts';
import type { BookMarker } from '../../../src/ports/bookMarking.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { createMemoryMarkers } from '../../fakes/memoryMarkers.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('heavy-book', 'price_heavy'), aBook('light-book', 'price_light'));
  await stack.rows(
    `update fulfillment.catalog_files set way = 'rewrite', reach = 'full', revision = 1 where product_id = 'heavy-book'`,
  );
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** Markers that are stuck until they are let go, and count how many of them are. */
function stuckMarkers() {
  const well = createMemoryMarkers();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const seen = { atOnce: 0, most: 0 };
  const stuck = (marker: BookMarker): BookMarker => ({
    ...marker,
    async rewrite(request, signal) {
      seen.most = Math.max(seen.most, (seen.atOnce += 1));
      const aborted = new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      );
      await Promise.race([released, aborted]).finally(() => (seen.atOnce -= 1));
      await marker.rewrite(request, signal);
    },
  });
  const markers: Record<Format, BookMarker> = { pdf: stuck(well.pdf), epub: stuck(well.epub) };
  return { markers, seen, release };
}

const line = (priceId: string) => ({ checkout: { lines: [aPurchaseLine({ priceId })], total: 4900 } });

const median = (values: number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;

it('with marking stuck receipts go out within moments, other books are stored, and all files follow', async () => {
  const mailer = createMemoryMailer();
  const { markers, seen, release } = stuckMarkers();
  const worker = stack.startFulfilling({ mailer, markers });
  const mailed = (count: number) => eventually(() => mailer.taken.length === count, undefined, 60_000);
  const buyMany = async (priceId: string) => {
    const bought: Array<{ orderId: string; jobId: string }> = [];
    for (let count = 0; count < many; count += 1) bought.push(await worker.buy(line(priceId)));
    return bought;
  };
  const light = await buyMany('price_light');
  await mailed(many);
  const usual = median((await waitsOf(light)).map(({ ms }) => ms));
  for (const { jobId } of light) await stack.untilState(jobId, 'completed');

  const heavy = await buyMany('price_heavy');
  const late = await worker.buy(line('price_light'));
  await stack.untilState(late.jobId, 'completed');
  await mailed(2 * many + 1);
  const waits = await waitsOf(heavy);
  // On a machine that is busy otherwise, receipts wait as long as where nothing is stuck.
  expect(median(waits.map(({ ms }) => ms))).toBeLessThan(Math.max(2_000, 4 * usual));
  // What a link's page and the shelf go by.
  expect(new Set(waits.map(({ entitlement }) => entitlement))).toEqual(new Set(['processing']));
  expect(seen.most).toBe(2);

  release();
  for (const { jobId } of heavy) await stack.untilState(jobId, 'completed');
  expect(seen).toEqual({ atOnce: 0, most: 2 });
  expect(mailer.taken).toHaveLength(2 * many + 1);
}, 120_000);

/** More than a worker takes in hand at one time. */
const many = 80;

/** From payment to receipt, and whether the books are there. */
const waitsOf = (orders: Array<{ orderId: string }>) =>
  stack.rows<{ ms: number; entitlement: string }>(
    `select extract(epoch from m.accepted_at - p.created_at)::float * 1000 as ms, e.state as entitlement
       from fulfillment.payments p
       join fulfillment.email_messages m on m.payment_id = p.id and m.kind = 'receipt'
       join fulfillment.ebook_entitlements e on e.payment_id = p.id
      where p.order_id = any($1)`,
    [orders.map(({ orderId }) => orderId)],
  );
