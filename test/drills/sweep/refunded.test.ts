import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report, sizes } from '../../acceptance/sizes.ts';
import { ofUnlikeSteps } from '../boundary.ts';
import { refundAtEach, refundsOfFulfilled, violationsAfterRefunds } from './refunds.ts';
import { startSweptShop, type SweptShop } from './sweptShop.ts';

const sideBySide = 3;

describe('a refund of everything', () => {
  let shop: SweptShop;
  beforeAll(async () => {
    shop = await startSweptShop();
  });
  afterAll(() => shop.remove());

  it('that strikes anywhere in fulfilment leaves no right', { timeout: 600_000 }, async () => {
    const surveyed = await shop.survey();
    await shop.beginAnew();
    const boundaries = sizes.everyBoundary
      ? surveyed
      : ofUnlikeSteps(surveyed).filter((_, at) => at % 6 === 0);
    const beganMs = performance.now();
    expect(await refundAtEach(shop, boundaries, sideBySide)).toEqual([]);
    expect(await violationsAfterRefunds(shop)).toEqual([]);
    report('refund at boundaries', { boundaries: boundaries.length, allMs: performance.now() - beganMs });
  });
});

describe('a settlement', () => {
  let shop: SweptShop;
  beforeAll(async () => {
    shop = await startSweptShop(refundsOfFulfilled);
  });
  afterAll(() => shop.remove());

  it('ends well wherever its worker is killed', { timeout: 600_000 }, async () => {
    const surveyed = await shop.survey();
    const boundaries = sizes.everyBoundary
      ? surveyed
      : ofUnlikeSteps(surveyed).filter((_, at) => at % 3 === 0);
    const beganMs = performance.now();
    expect(await shop.dieAtEach(boundaries, sideBySide)).toEqual([]);
    await shop.goOn(2);
    expect(await violationsAfterRefunds(shop)).toEqual([]);
    report('sweep of settlements', { boundaries: boundaries.length, allMs: performance.now() - beganMs });
  });
});
