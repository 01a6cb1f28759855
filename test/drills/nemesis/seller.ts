import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/ports/random.ts';
import { buy, type Order, orderOf, type Purchase } from '../../acceptance/shop.ts';
import type { DrilledShop } from '../drilledShop.ts';
import { spread } from './schedule.ts';

/** How long Stripe's stand-in may be away, with the database in which it keeps its books. */
const patienceMs = 60_000;

/** Makes payments over a time, each told by webhooks that come once to three times, in any order and some of them late. */
export async function sell(shop: DrilledShop, count: number, overMs: number, random: Random): Promise<void> {
  const beganMs = performance.now();
  const under: Array<Promise<unknown>> = [];
  for (const [index, atMs] of spread(count, overMs, random).entries()) {
    const webhook = {
      copies: 1 + Math.floor(random.next() * 3),
      shuffle: random.next() < 0.5,
      delayMs: random.next() < 0.2 ? Math.floor(random.next() * 3_000) : 0,
    };
    const waitMs = beganMs + atMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const order = orderOf(index, 'nemesis');
    under.push(payFor(shop, order, webhook).then((purchase) => shop.note(purchase)));
  }
  await Promise.all(under);
}

async function payFor(shop: DrilledShop, order: Order, webhook: object): Promise<Purchase> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await buy(shop, order, webhook);
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(300);
      const made = await madeAlready(shop, order);
      if (made) return made;
    }
  }
}

/** The answer may have been lost after the payment was made: Stripe's own books know. */
async function madeAlready({ vendorSql }: DrilledShop, order: Order): Promise<Purchase | undefined> {
  const [row] = await vendorSql<{ payment_key: string }>(
    `select body ->> 'payment_intent' as payment_key from stripe_sandbox.objects
      where type = 'checkout.session' and body #>> '{customer_details,email}' = $1 and body ->> 'status' = 'complete'`,
    [order.email],
  );
  return row && { ...order, paymentKey: row.payment_key, eventIds: [], paidAtMs: Date.now() };
}
