import { afterAll, beforeAll, expect, it } from 'vitest';
import { createShelfStore } from '../../../src/store/shelf/shelfStore.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';

let stack: FulfilStack;
beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
});
afterAll(() => stack.stop());

it('a claim at any moment of many purchases leaves none of their books unclaimed', async () => {
  const shelf = createShelfStore(stack.poolAs('fulfillment_shelf', 2));
  const { buy } = stack.startFulfilling();
  const first = await buy();
  await stack.untilState(first.jobId, 'completed');
  const [owner] = await stack.rows<{ canonicalEmail: string }>(
    'select canonical_email as "canonicalEmail" from fulfillment.profiles',
  );
  const canonicalEmail = owner?.canonicalEmail ?? '';

  const jobs: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    // Unclaimed again, so that every round has its race.
    await stack.rows(`update fulfillment.profiles set state = 'pending_claim', subject = null`);
    const buying = Array.from({ length: 5 }, () => buy());
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
    const { outcome } = await shelf.claim({ subject: `auth0|${round}`, canonicalEmail });
    expect(outcome).toBe('claimed');
    for (const { jobId } of await Promise.all(buying)) jobs.push(jobId);
    for (const jobId of jobs.slice(-5)) await stack.untilState(jobId, 'completed');
    expect(await stack.rows('select distinct state from fulfillment.ebook_entitlements')).toEqual([
      { state: 'active' },
    ]);
  }
});
