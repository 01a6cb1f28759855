import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createTestBench, errorOf } from '../testBench.ts';
import type { TestBench } from '../testBench.ts';

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

describe('idempotency keys', () => {
  const order = { amount: 700, currency: 'eur' };

  it('replay the first answer for the same parameters', async () => {
    const options = { idempotencyKey: 'order-1' };
    const first = await bench.stripe.paymentIntents.create(order, options);
    const again = await bench.stripe.paymentIntents.create(order, options);
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
  });

  it('are refused with other parameters', async () => {
    const options = { idempotencyKey: 'order-2' };
    await bench.stripe.paymentIntents.create(order, options);
    const error = await errorOf(bench.stripe.paymentIntents.create({ ...order, amount: 701 }, options));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.statusCode).toBe(400);
  });

  it('make one object of requests at the same instant', async () => {
    const options = { idempotencyKey: 'order-3' };
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => bench.stripe.paymentIntents.create({ ...order, amount: 703 }, options)),
    );
    const made = tries.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value.id : []));
    expect(new Set(made).size).toBe(1);
    const refused = tries.flatMap((attempt) =>
      attempt.status === 'rejected' ? [attempt.reason as unknown] : [],
    );
    for (const reason of refused)
      expect(reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    const intents = await bench.stripe.paymentIntents.list({ limit: 100 });
    expect(intents.data.filter((intent) => intent.amount === 703)).toHaveLength(1);
  });

  it('are free again after a refused request', async () => {
    const options = { idempotencyKey: 'order-4' };
    await errorOf(bench.stripe.paymentIntents.create({ ...order, currency: 'euro' }, options));
    expect(await bench.stripe.paymentIntents.create(order, options)).toMatchObject({ amount: 700 });
  });
});
