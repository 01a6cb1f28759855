import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp, type FaultHttp, type HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { payByStripe } from './payByStripe.ts';

let http: FaultHttp;
beforeAll(async () => {
  http = await startFaultHttp();
});
afterAll(() => http.stop());
beforeEach(() => http.reset());

const answer = (json: object, status = 200): HttpBehaviour => ({ mode: 'answer', status, json });
const price = answer({ id: 'price_1', object: 'price', unit_amount: 4900, currency: 'pln' });
const pay = () =>
  payByStripe({
    secretKey: 'sk_test_abc',
    apiBaseUrl: http.url,
    priceId: 'price_1',
    buyerEmail: 'ann@books.example',
  });

describe('paying for the smoke test', () => {
  it('pays the price of one ebook by test card and names it', async () => {
    http.script(
      price,
      answer({ id: 'pi_1', object: 'payment_intent', status: 'succeeded', livemode: false }),
    );
    expect(await pay()).toEqual({ paymentKey: 'pi_1' });
    const form = new URLSearchParams(http.requests[1]?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      amount: '4900',
      currency: 'pln',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      receipt_email: 'ann@books.example',
      'metadata[fulfillment_lines]': 'price_1:1',
    });
    expect(http.requests[1]?.headers['idempotency-key']).toBeTruthy();
  });

  it.each([
    [
      'the price is unknown',
      [
        answer(
          {
            error: {
              type: 'invalid_request_error',
              code: 'resource_missing',
              message: 'No such price: sk_test_abc',
            },
          },
          404,
        ),
      ],
    ],
    ['the payment wants more', [price, answer({ id: 'pi_1', status: 'requires_action', livemode: false })]],
    ['it was live mode after all', [price, answer({ id: 'pi_1', status: 'succeeded', livemode: true })]],
  ])('fails without naming the key when %s', async (_when, behaviours) => {
    http.script(...behaviours);
    const failure = await pay().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'CommandFailure', exitCode: 1 });
    expect(String(failure)).not.toContain('sk_test_abc');
  });
});
