import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStripePayments } from '../../src/providers/stripe/adapter.ts';
import type { RefundBody } from '../../src/sandbox/stripe/objects/shapes.ts';
import { createTestBench, testKey } from '../../src/sandbox/stripe/testBench.ts';
import type { TestBench } from '../../src/sandbox/stripe/testBench.ts';
import { createEmptyDatabase } from '../setup/database.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

const never = new AbortController().signal;

describe('Stripe’s stand-in', () => {
  it('tells the adapter of refunds and disputes what Stripe would', async () => {
    const { baseUrl } = bench.sandbox;
    const payments = createStripePayments({ secretKey: testKey, baseUrl, timeoutMs: 5_000 });
    const { payment_intent: intent } = await bench.buy({ products: ['tides', 'maps'], currency: 'pln' });
    const id = intent?.id ?? '';
    const refundOf = (order: object) =>
      bench.control<{ refund: RefundBody }>('POST', '/refunds', { payment_intent: id, ...order });

    const { refund: first } = await refundOf({ amount: 100, metadata: { fulfillment_lines: '2' } });
    await refundOf({ amount: 200, status: 'pending' });
    await bench.control('POST', `/refunds/${first.id}`, { status: 'failed' });
    await bench.control('POST', '/disputes', { payment_intent: id, status: 'warning_needs_response' });

    expect(await payments.readMoney(id, never)).toMatchObject({
      currency: 'pln',
      received: 8800,
      refunds: [
        { amount: 200, status: 'pending', metadata: {} },
        { refundId: first.id, amount: 100, status: 'failed', metadata: { fulfillment_lines: '2' } },
      ],
      disputes: [{ amount: 8800, status: 'warning_needs_response' }],
    });
  });
});
