import { afterAll, beforeAll, describe, it } from 'vitest';
import { createSeededRandom } from '../fakes/seededRandom.ts';
import { playAll } from './stripeTruth/play.ts';
import { openSimulatedShop, type SimulatedShop } from './stripeTruth/simulatedShop.ts';
import { stories } from './stripeTruth/stories.ts';

const seed = Number(process.env['SEED'] ?? 6);
let shop: SimulatedShop;
beforeAll(async () => {
  shop = await openSimulatedShop(createSeededRandom(seed));
});
afterAll(() => shop.stop());

describe('whatever comes in whatever order, what Stripe says in the end holds', () => {
  // Beside each other: a credit note waits for its receipt, and others need not.
  it.concurrent.for(Object.entries(stories))('%s', async ([name, story], { expect }) => {
    const { played, wrong } = await playAll(shop, story, {
      most: 24,
      random: createSeededRandom(seed + name.length),
    });
    expect(wrong, `To see it again: SEED=${seed} npx vitest run test/simulation/stripeTruth.test.ts`).toEqual(
      [],
    );
    expect(played).toBeGreaterThan(0);
  });
});
