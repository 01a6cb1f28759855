import type { Random } from '../../../src/ports/random.ts';
import type { Happening } from './account.ts';
import { deliveriesOf, orders } from './deliveries.ts';
import type { SimulatedShop } from './simulatedShop.ts';
import { complaintsOf } from './verdict.ts';

export interface Played {
  played: number;
  wrong: string[];
}

/** As many payments at a time as a worker has in hand without trouble. */
const atATime = 200;
const complaintsMax = 5;

/** Lets a story come in all its orders, or a sample of them, each as a payment of its own; and judges what became of it. */
export async function playAll(
  shop: SimulatedShop,
  story: readonly Happening[],
  { most, random }: { most: number; random: Random },
): Promise<Played> {
  const events = shop.sell(story).events.length;
  const wrong: string[] = [];
  let played = 0;
  let batch: number[][] = [];
  for (const order of orders(events, most, random)) {
    batch.push(order);
    if (batch.length < atATime) continue;
    wrong.push(...(await play(shop, story, { batch, random })));
    played += batch.length;
    batch = [];
    if (wrong.length > 0) break;
  }
  wrong.push(...(await play(shop, story, { batch, random })));
  return { played: played + batch.length, wrong: wrong.slice(0, complaintsMax) };
}

async function play(
  shop: SimulatedShop,
  story: readonly Happening[],
  { batch, random }: { batch: readonly number[][]; random: Random },
): Promise<string[]> {
  const payments = batch.map((order) => {
    const account = shop.sell(story);
    return { account, deliveries: deliveriesOf(account, order, random) };
  });
  await Promise.all(
    payments.map(async ({ account, deliveries }) => {
      await shop.deliver(account, deliveries);
      await shop.catchUp(account);
    }),
  );
  const accounts = payments.map(({ account }) => account);
  await shop.rest(accounts);
  const outcomes = await shop.outcomes(accounts);
  return payments.flatMap(({ account, deliveries }) => {
    const key = account.intentId ?? account.sessionId;
    const complaints = complaintsOf(account, outcomes.get(key));
    const came = deliveries.map(({ event, apiKnows }) => `${event.type}@${apiKnows}`).join(' ');
    return complaints.length > 0 ? [`${complaints.join('; ')} (${key} came as: ${came})`] : [];
  });
}
