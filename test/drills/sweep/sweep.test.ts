import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failpointNames } from '../../../src/domain/failpoint.ts';
import { report, sizes } from '../../acceptance/sizes.ts';
import { answersCanBeLostAt, type Boundary, failpointOf, ofUnlikeSteps } from '../boundary.ts';
import { startSweptShop, type SweptShop } from './sweptShop.ts';

const sideBySide = 3;
let shop: SweptShop;
let surveyed: Boundary[];
/** All of them, or in the short form every other one of those of three steps. */
let boundaries: Boundary[];

beforeAll(async () => {
  shop = await startSweptShop();
  surveyed = await shop.survey();
  boundaries = sizes.everyBoundary ? surveyed : ofUnlikeSteps(surveyed).filter((_, at) => at % 2 === 0);
});
afterAll(() => shop.remove());

describe('a payment of three books', () => {
  it('comes by every kind of boundary there is', () => {
    expect([...new Set(surveyed.map(failpointOf))].toSorted()).toEqual(failpointNames.toSorted());
  });

  it('ends well wherever its worker is killed', { timeout: 300_000 }, async () => {
    const beganMs = performance.now();
    expect(await shop.dieAtEach(boundaries, sideBySide)).toEqual([]);
    const diedMs = performance.now() - beganMs;
    await shop.goOn(2);
    expect(await shop.violations()).toEqual([]);
    report('sweep of deaths', { boundaries: boundaries.length, diedMs, allMs: performance.now() - beganMs });
  });

  it('ends well whichever answer is lost', { timeout: 300_000 }, async () => {
    const beganMs = performance.now();
    const lost = boundaries.filter(answersCanBeLostAt);
    expect(await shop.loseEachAnswer(lost)).toEqual([]);
    expect(await shop.violations()).toEqual([]);
    report('sweep of lost answers', { boundaries: lost.length, allMs: performance.now() - beganMs });
  });
});
