import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { stripeError, stripeLine, stripeSession } from '../../../test/vendors/stripeObjects.ts';
import { createStripePayments } from './adapter.ts';
import type { StripePayments } from './adapter.ts';

let server: FaultHttp;
let payments: StripePayments;
const never = new AbortController().signal;
const secretKey = 'sk_test_secret';

beforeAll(async () => {
  server = await startFaultHttp();
  payments = createStripePayments({
    secretKey,
    baseUrl: server.url,
    timeoutMs: 5_000,
    answerBytesMax: 100_000,
  });
});
afterEach(() => server.reset());
afterAll(() => server.stop());

const json = (body: unknown, status = 200): HttpBehaviour => ({ mode: 'answer', status, json: body });

describe('when Stripe’s API is in trouble', () => {
  it.each<[HttpBehaviour, object]>([
    [json(stripeError(null), 400), { kind: 'permanent', reason: 'stripe_request_refused' }],
    [json(stripeError(null), 401), { kind: 'needs_human', reason: 'stripe_credentials' }],
    [json(stripeError(null), 403), { kind: 'needs_human', reason: 'stripe_credentials' }],
    [json(stripeError(null), 404), { kind: 'permanent', reason: 'stripe_request_refused' }],
    [json(stripeError('lock_timeout'), 409), { kind: 'transient', reason: 'stripe_conflict' }],
    [json(stripeError(null), 500), { kind: 'transient', reason: 'stripe_unavailable' }],
    [json({}, 500), { kind: 'transient', reason: 'stripe_unavailable' }],
    [
      { mode: 'answer', status: 502, text: '<html>' },
      { kind: 'transient', reason: 'stripe_unavailable' },
    ],
    [
      { mode: 'answer', status: 200, text: '<html>' },
      { kind: 'transient', reason: 'stripe_unreadable' },
    ],
    [
      { mode: 'answer', status: 200, text: '{"id": "cs_' },
      { kind: 'transient', reason: 'stripe_unreadable' },
    ],
    [json({}), { kind: 'needs_human', reason: 'stripe_shape' }],
    [json(null), { kind: 'transient', reason: 'stripe_unreadable' }],
    [json([]), { kind: 'needs_human', reason: 'stripe_shape' }],
    [{ mode: 'reset' }, { kind: 'transient', reason: 'stripe_unreachable' }],
    [{ mode: 'garbage' }, { kind: 'transient', reason: 'stripe_unreachable' }],
    [
      { mode: 'redirect', to: 'http://127.0.0.1:1/' },
      { kind: 'needs_human', reason: 'stripe_shape' },
    ],
    [
      { mode: 'huge', sizeBytes: 100_001 },
      { kind: 'needs_human', reason: 'stripe_shape' },
    ],
  ])('%o is asked once and becomes %o', async (behaviour, expected) => {
    server.script(behaviour);
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(fault).toMatchObject({ name: 'Fault', provider: 'stripe', ...expected });
    expect(server.requests).toHaveLength(1);
  });

  it('waits as long as Stripe asks, and quotes the request', async () => {
    server.script({
      mode: 'answer',
      status: 429,
      headers: { 'retry-after': '7', 'request-id': 'req_7', 'stripe-should-retry': 'true' },
      json: stripeError('rate_limit'),
    });
    expect(await faultOf(payments.readCheckout('cs_test_1', never))).toMatchObject({
      kind: 'rate_limited',
      retryAfterMs: 7_000,
      providerRequestId: 'req_7',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('stops at once when called off', async () => {
    server.script({ mode: 'hang' });
    const caller = new AbortController();
    const asking = faultOf(payments.readCheckout('cs_test_1', caller.signal));
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await asking).toMatchObject({ kind: 'transient', reason: 'aborted' });
  });

  it('does not ask at all when called off before', async () => {
    expect(await faultOf(payments.readCheckout('cs_test_1', AbortSignal.abort()))).toMatchObject({
      reason: 'aborted',
    });
    expect(server.requests).toHaveLength(0);
  });

  it('keeps the key and Stripe’s own words out of the fault', async () => {
    server.script(json(stripeError(null, `Invalid API Key provided: ${secretKey} for jan@example.pl`), 401));
    const fault = await faultOf(payments.readCheckout('cs_test_1', never));
    expect(JSON.stringify([fault, fault.message, String(fault.cause)])).not.toMatch(/secret|jan@/);
  });
});

describe('the deadline of a question to Stripe', () => {
  let slow: FaultHttp;
  // A server of their own: a request that was given up may still arrive when the next test has begun.
  beforeEach(async () => {
    slow = await startFaultHttp();
  });
  afterEach(() => slow.stop());

  const askUnder = (timeoutMs: number) =>
    faultOf(
      createStripePayments({ secretKey, baseUrl: slow.url, timeoutMs }).readCheckout('cs_test_1', never),
    );

  it.each<HttpBehaviour>([{ mode: 'hang' }, { mode: 'stall' }])('is kept at %o', async (behaviour) => {
    slow.otherwise(() => behaviour);
    expect(await askUnder(100)).toMatchObject({ kind: 'transient', reason: 'stripe_timeout' });
  });

  it('is one for all pages together', async () => {
    const pages = [
      stripeSession({ line_items: { data: [stripeLine(1)], has_more: true } }),
      { data: [stripeLine(2)], has_more: false },
    ];
    const signals: unknown[] = [];
    const asked = createStripePayments({
      secretKey,
      timeoutMs: 5_000,
      fetch: async (_url, init) => {
        signals.push(init?.signal);
        return Response.json(pages.shift());
      },
    });
    expect((await asked.readCheckout('cs_test_1', never))?.lines).toHaveLength(2);
    expect(signals).toHaveLength(2);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
    expect(signals[1]).toBe(signals[0]);
  });
});
