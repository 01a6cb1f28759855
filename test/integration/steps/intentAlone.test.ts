import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../../src/ports/step.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { gate } from '../../builders/steps.ts';
import { aFault } from '../../fakes/faultScript.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(
    aBook('calm-checkout', 'price_1'),
    aBook('other-book', 'price_2', { prices: [{ priceId: 'price_2', currency: 'pln', unitAmount: 1_000 }] }),
  );
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** Nothing but the order is made. */
const onlyOrder = (step: Step) => (step.name === 'resolve_order' ? step : undefined);
const resolving = (settings: Parameters<FulfilStack['startFulfilling']>[0] = {}) =>
  stack.startFulfilling({ change: onlyOrder, ...settings });

const order = (jobId: string) => stack.untilOver(jobId).then((job) => job.order as Record<string, unknown>);
const blocked = (jobId: string) => stack.untilState(jobId, 'blocked');

describe('an intent without a session', () => {
  const alone = (metadata: Record<string, string>, amountReceived = 4_900) =>
    ({ knownBy: 'intent', intent: { metadata, amountReceived } }) as const;

  it('is judged by its own metadata, at the catalogue’s prices', async () => {
    const { buy } = resolving();
    const bought = await buy(
      alone({ fulfillment_lines: 'price_1:1,price_2:3', fulfillment_locale: 'en' }, 7_900),
    );
    expect(await order(bought.jobId)).toMatchObject({
      total: 7_900,
      tax: 0,
      buyer: { language: 'en' },
      lines: [
        { productId: 'calm-checkout', quantity: 1, total: 4_900 },
        { productId: 'other-book', quantity: 3, unitAmount: 1_000, total: 3_000 },
      ],
    });
  });

  it('is blocked when the catalogue’s prices are not what was paid', async () => {
    const { buy } = resolving();
    const bought = await buy(alone({ fulfillment_lines: 'price_1:1' }, 4_899));
    expect((await blocked(bought.jobId)).reason).toBe('amount_mismatch');
  });

  it.each([
    {},
    { fulfillment_lines: '' },
    { fulfillment_lines: 'price_1:0' },
    { fulfillment_lines: 'price_1:-1' },
    { fulfillment_lines: 'price_1:1;drop' },
    { fulfillment_lines: 'price_1:99999' },
  ])('is for a human when its metadata say nothing usable: %o', async (metadata) => {
    const { buy } = resolving({ patienceMs: 0 });
    const bought = await buy(alone(metadata as Record<string, string>));
    expect((await blocked(bought.jobId)).reason).toBe('unknown_product');
  });

  it('that pays an invoice is none of ours: its job is cancelled, without a mail or an alarm', async () => {
    const { buy, telemetry } = resolving();
    stack.payments.failAlways(aFault());
    const bought = await buy(alone({}));
    stack.payments.invoice(bought.paymentIntentId);
    stack.payments.failAlways(null);
    expect(await stack.untilOver(bought.jobId)).toMatchObject({
      state: 'cancelled',
      reason: 'pays_an_invoice',
    });
    expect(telemetry.of('job.blocked')).toEqual([]);
  });

  it('finds its session in the API even if no event told of it', async () => {
    const { buy } = resolving();
    const bought = await buy({ ...alone({}), hasSession: true });
    expect(await order(bought.jobId)).toMatchObject({ orderId: bought.orderId });
    expect(
      await stack.rows('select checkout_session_id from fulfillment.payments where order_id = $1', [
        bought.orderId,
      ]),
    ).toEqual([{ checkout_session_id: bought.sessionId }]);
  });

  it('is woken by its session, also in the moment in which it is being judged', async () => {
    const judging = gate();
    const goOn = gate();
    const { buy } = resolving({
      patienceMs: 0,
      change: (step) =>
        step.name === 'resolve_order' && step.kind === 'read'
          ? {
              ...step,
              run: async (job, context) => {
                const outcome = await step.run(job, context);
                judging.open();
                await goOn.passed;
                return outcome;
              },
            }
          : undefined,
    });
    const bought = await buy(alone({}));
    await judging.passed;
    await bought.sessionArrives();
    goOn.open();
    expect(await order(bought.jobId)).toMatchObject({ lines: [{ productId: 'calm-checkout' }] });
  });
});
