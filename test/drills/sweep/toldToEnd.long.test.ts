import { afterAll, beforeAll, expect, it } from 'vitest';
import { report } from '../../acceptance/sizes.ts';
import { startSweptShop, type SweptShop, toldToEnd } from './sweptShop.ts';

const sideBySide = 3;
let shop: SweptShop;

beforeAll(async () => {
  shop = await startSweptShop();
});
afterAll(() => shop.remove());

it('a payment of three books ends well wherever its worker gets SIGTERM, and SIGKILL a little later', async () => {
  const boundaries = await shop.survey();
  const beganMs = performance.now();
  expect(await shop.dieAtEach(boundaries, sideBySide, toldToEnd())).toEqual([]);
  await shop.goOn(2);
  expect(await shop.violations()).toEqual([]);
  report('sweep of SIGTERM', { boundaries: boundaries.length, allMs: performance.now() - beganMs });
});
