import { Stripe } from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createTestBench, testKey } from '../testBench.ts';
import type { TestBench } from '../testBench.ts';
import { createFaults, faultsSchema } from './faults.ts';

let bench: TestBench;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url);
});
afterEach(() => bench.control('PUT', '/faults', {}));
afterAll(async () => {
  await bench.close();
  await dropDatabase();
});

function order(api: object): Promise<unknown> {
  return bench.control('PUT', '/faults', { api });
}

function client(options: { timeout?: number; maxNetworkRetries?: number }): Stripe {
  const { port } = new URL(bench.sandbox.baseUrl);
  return new Stripe(testKey, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, ...options });
}

describe('faults of the API', () => {
  it('limit the rate with Retry-After', async () => {
    await order({ mode: 'status', status: 429, retryAfterSeconds: 7 });
    const error: unknown = await bench.stripe.events.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error).toMatchObject({ statusCode: 429, code: 'rate_limit', headers: { 'retry-after': '7' } });
  });

  it('end after the number of requests ordered', async () => {
    await order({ mode: 'status', remaining: 2 });
    await expect(bench.stripe.events.list()).rejects.toMatchObject({ statusCode: 500, rawType: 'api_error' });
    await expect(bench.stripe.events.list()).rejects.toThrow(Stripe.errors.StripeAPIError);
    expect(await bench.stripe.events.list()).toMatchObject({ object: 'list' });
    expect(await bench.control('GET', '/faults')).toMatchObject({ api: { mode: 'status', remaining: 0 } });
  });

  it('meet only the paths ordered', async () => {
    await order({ mode: 'status', path: '/v1/checkout' });
    expect(await bench.stripe.events.list()).toMatchObject({ object: 'list' });
    await expect(bench.stripe.checkout.sessions.list()).rejects.toMatchObject({ statusCode: 500 });
  });

  it('leave a caller without an answer', async () => {
    await order({ mode: 'hang' });
    await expect(client({ timeout: 50 }).events.list()).rejects.toThrow(Stripe.errors.StripeConnectionError);
  });

  it('cut the connection', async () => {
    await order({ mode: 'reset', path: '/v1/account' });
    await expect(fetch(`${bench.sandbox.baseUrl}/v1/account`)).rejects.toThrow(/fetch failed/);
  });

  it('answer with something that is not JSON', async () => {
    await order({ mode: 'garbage' });
    await expect(client({}).events.list()).rejects.toThrow(/Invalid JSON/);
  });

  it('count in the log of calls', async () => {
    await order({ mode: 'status', status: 503, remaining: 1 });
    await bench.stripe.products.retrieve('prod_tides').catch(() => undefined);
    await bench.stripe.products.retrieve('prod_tides');
    expect(await bench.control('GET', '/log')).toMatchObject({
      'GET /v1/products/:id': { calls: 2, statuses: { 200: 1, 503: 1 } },
    });
  });

  it('end at their time', () => {
    let now = 1_000;
    const faults = createFaults(() => now);
    faults.replace(faultsSchema.parse({ api: { mode: 'hang', forMs: 500 } }));
    expect(faults.take('/v1/events')).toMatchObject({ mode: 'hang' });
    now = 1_500;
    expect(faults.take('/v1/events')).toBeUndefined();
  });
});
