import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobStore } from '../../../src/ports/jobStore.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'), aBook('book-2', 'price_2'));
});
afterAll(() => stack.stop());

describe('many purchases at once', () => {
  it('by two workers, while events and imports come in: each once, and nobody ever waits in a circle', async () => {
    const count = 60;
    const conflicts: unknown[] = [];
    const watching = (inner: JobStore): JobStore => ({
      ...inner,
      isConflict: (error) => {
        const conflict = inner.isConflict(error);
        if (conflict) conflicts.push(error);
        return conflict;
      },
    });
    const mailer = createMemoryMailer();
    const one = stack.startFulfilling({ mailer, wrap: watching });
    const two = stack.startFulfilling({ mailer, wrap: watching, plan: one.plan });
    const lines = [aPurchaseLine(), aPurchaseLine({ priceId: 'price_2' })];

    let buying = true;
    const importing = (async () => {
      while (buying) await stack.importBooks(aBook('book-1', 'price_1'));
    })();
    const bought = await Promise.all(
      Array.from({ length: count }, async () => {
        // The intent is told first, and the session while a worker has the job in its hands.
        const purchase = await one.buy({ checkout: { lines }, knownBy: 'intent', hasSession: true });
        await purchase.sessionArrives();
        return purchase;
      }),
    );
    for (const { jobId } of bought) expect((await stack.untilOver(jobId)).state).toBe('completed');
    buying = false;
    await importing;

    const receipts = await stack.rows<{ number: number }>(
      'select number::int from fulfillment.receipts order by number',
    );
    expect(receipts.map(({ number }) => number)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    expect(new Set(mailer.taken.map(({ messageId }) => messageId)).size).toBe(count);
    expect(mailer.taken).toHaveLength(count);
    expect(
      await stack.rows(`select state, count(*)::int from fulfillment.ebook_entitlements group by state`),
    ).toEqual([{ state: 'pending_claim', count: count * 2 }]);
    expect(await stack.rows(`select count(*)::int from fulfillment.profiles`)).toEqual([{ count: 1 }]);
    expect(await stack.rows(`select count(*)::int from fulfillment.stored_files`)).toEqual([
      { count: count * 5 },
    ]);
    expect(conflicts).toEqual([]);
    for (const { telemetry } of [one, two]) {
      expect(telemetry.of('record.split')).toEqual([]);
      expect(telemetry.of('unexpected.error')).toEqual([]);
      expect(telemetry.of('lease.lost')).toEqual([]);
    }
  });
});
