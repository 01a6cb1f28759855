import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../fakes/seededRandom.ts';
import { playAll } from './stripeTruth/play.ts';
import { openSimulatedShop, type SimulatedShop } from './stripeTruth/simulatedShop.ts';
import { stories } from './stripeTruth/stories.ts';

const seed = Number(process.env['SEED'] ?? 2026);
let shop: SimulatedShop;
beforeAll(async () => {
  shop = await openSimulatedShop(createSeededRandom(seed));
});
afterAll(() => shop.stop());

describe('every order in which events may come, or five thousand of them', () => {
  it.for(Object.entries(stories))('%s', { timeout: 10 * 60_000 }, async ([name, story]) => {
    const { played, wrong } = await playAll(shop, story, {
      most: 5_000,
      random: createSeededRandom(seed + name.length),
    });
    process.stdout.write(`  ${name}: ${played} orders\n`);
    expect(
      wrong,
      `To see it again: SEED=${seed} FULL=1 npx vitest run test/simulation/stripeTruth.long`,
    ).toEqual([]);
  });
});
