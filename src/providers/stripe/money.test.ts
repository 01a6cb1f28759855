import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import {
  stripeDispute,
  stripeError,
  stripeIntent,
  stripeRefund,
} from '../../../test/vendors/stripeObjects.ts';
import { createStripePayments } from './adapter.ts';
import type { StripePayments } from './adapter.ts';

let server: FaultHttp;
let payments: StripePayments;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startFaultHttp();
  payments = createStripePayments({ secretKey: 'sk_test_1', baseUrl: server.url, timeoutMs: 5_000 });
});
afterEach(() => server.reset());
afterAll(() => server.stop());

const json = (body: unknown, status = 200): HttpBehaviour => ({ mode: 'answer', status, json: body });
const page = (data: unknown[], more = false): HttpBehaviour => json({ object: 'list', data, has_more: more });
const nothing = page([]);

describe('what Stripe says of a payment’s money', () => {
  it('is what was received, every refund and every dispute', async () => {
    server.script(
      json(stripeIntent()),
      page([stripeRefund(1, { metadata: { fulfillment_lines: 'price_1:1' }, status: 'pending' })]),
      page([stripeDispute()]),
    );
    expect(await payments.readMoney('pi_1', never)).toEqual({
      currency: 'pln',
      received: 4900,
      refunds: [
        {
          refundId: 're_1',
          amount: 1_000,
          status: 'pending',
          metadata: { fulfillment_lines: 'price_1:1' },
          createdAt: new Date('2023-11-14T22:13:21Z'),
        },
      ],
      disputes: [
        { id: 'du_1', amount: 4900, status: 'needs_response', createdAt: '2023-11-14T22:13:20.000Z' },
      ],
    });
    expect(server.requests.map(({ path, query }) => [path, query.get('payment_intent')])).toEqual([
      ['/v1/payment_intents/pi_1', null],
      ['/v1/refunds', 'pi_1'],
      ['/v1/disputes', 'pi_1'],
    ]);
  });

  it('is paged to the end', async () => {
    server.script(json(stripeIntent()), page([stripeRefund(2)], true), page([stripeRefund(1)]), nothing);
    const money = await payments.readMoney('pi_1', never);
    expect(money?.refunds.map(({ refundId }) => refundId)).toEqual(['re_2', 're_1']);
    expect(server.requests[2]?.query.get('starting_after')).toBe('re_2');
  });

  it('is unknown of an intent that Stripe does not know', async () => {
    server.script(json(stripeError('resource_missing'), 404));
    expect(await payments.readMoney('pi_1', never)).toBeUndefined();
  });

  it('knows refunds from before they had a status', async () => {
    server.script(json(stripeIntent()), page([stripeRefund(1, { status: null })]), nothing);
    expect((await payments.readMoney('pi_1', never))?.refunds[0]?.status).toBe('succeeded');
  });

  it.each<[string, HttpBehaviour[]]>([
    ['a status that nobody knows', [page([stripeRefund(1, { status: 'reconsidered' })])]],
    ['an amount that is none', [page([stripeRefund(1, { amount: '1000' })])]],
    ['no amount', [page([stripeRefund(1, { amount: undefined })])]],
    ['another currency', [page([stripeRefund(1, { currency: 'eur' })]), nothing]],
    ['a dispute of a kind that nobody knows', [nothing, page([stripeDispute({ status: 'settled' })])]],
    ['pages without end', [page([], true)]],
    ['no list at all', [json({ id: 're_1' })]],
  ])('is refused, not guessed, where it has %s', async (_what, answers) => {
    server.script(json(stripeIntent()), ...answers);
    expect(await faultOf(payments.readMoney('pi_1', never))).toMatchObject({
      kind: 'needs_human',
      reason: 'stripe_shape',
    });
  });

  it.each([0, 1, 2])('is asked for again when answer %i does not come', async (at) => {
    const answers = [json(stripeIntent()), nothing, nothing];
    server.script(...answers.slice(0, at), json({}, 500));
    expect(await faultOf(payments.readMoney('pi_1', never))).toMatchObject({
      kind: 'transient',
      reason: 'stripe_unavailable',
    });
  });
});
