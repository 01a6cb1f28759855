import type { Random } from '../../../src/ports/random.ts';
import type { Account, StripeEvent } from './account.ts';

/** In which order events come, which come twice, and which do not come. */
export interface Delivery {
  event: StripeEvent;
  /** How much of the story the API knows by then: the index of its last happening. */
  apiKnows: number;
}

/** All orders of so many things, or a sample of them where there are more than `most`. */
export function* orders(count: number, most: number, random: Random): Generator<number[]> {
  const all = factorial(count);
  if (all <= most) return yield* permutations(Array.from({ length: count }, (_, index) => index));
  for (let taken = 0; taken < most; taken += 1) yield shuffled(count, random);
}

const factorial = (count: number): number => (count < 2 ? 1 : count * factorial(count - 1));

function* permutations(items: number[]): Generator<number[]> {
  if (items.length <= 1) return yield items;
  for (const [index, item] of items.entries())
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
}

export function shuffled(count: number, random: Random): number[] {
  const items = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    [items[last], items[other]] = [items[other] as number, items[last] as number];
  }
  return items;
}

/**
 * An order as it is delivered: some twice, some not at all. Either everything has happened at Stripe before the first one
 * comes, or it happens meanwhile: an event never comes before what it tells of, and the API may be ahead of it.
 */
export function deliveriesOf(account: Account, order: number[], random: Random): Delivery[] {
  const last = account.snapshots.length - 1;
  const meanwhile = random.next() < 0.5;
  const spoilt = random.next() < 0.7;
  let knows = meanwhile ? 0 : last;
  return order.flatMap((index) => {
    const one = account.events[index];
    if (!one || (spoilt && random.next() < 0.25)) return [];
    knows = Math.max(knows, one.after);
    if (meanwhile && knows < last && random.next() < 0.3) knows += 1;
    const times = spoilt && random.next() < 0.3 ? 2 : 1;
    return Array.from({ length: times }, () => ({ event: one.event, apiKnows: knows }));
  });
}
