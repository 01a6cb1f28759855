import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sizes } from '../../acceptance/sizes.ts';
import { catalogue } from './catalogue.ts';
import { conduct } from '../drill.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';

let shop: DrilledShop;
beforeAll(async () => {
  shop = await openDrilledShop();
});
afterEach(() => shop.beginAnew());
afterAll(() => shop.remove());

const conducted = catalogue.filter(({ long }) => sizes.longDrills || !long);

describe('a shop at work', () => {
  it.for(conducted)('$name: $sentence', { timeout: 120_000 }, async (drill, { skip }) => {
    const reason = drill.unavailable?.();
    if (reason !== undefined) skip(`${drill.name} cannot be had here: ${reason}`);
    const { violations } = await conduct(drill, shop);
    const replay = `To see it again: FULL=1 npx vitest run --project drills -t '${drill.name}'`;
    expect(violations, replay).toEqual([]);
  });
});
