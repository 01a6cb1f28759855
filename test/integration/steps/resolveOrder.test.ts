import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/main/systemClock.ts';
import type { Step } from '../../../src/ports/step.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

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

describe('the canonical order', () => {
  it('is made of what the API says and the catalogue, and the payment’s facts are kept', async () => {
    const { buy } = resolving();
    const lines = [
      aPurchaseLine({ quantity: 2, subtotal: 9_800, total: 9_800 }),
      aPurchaseLine({ priceId: 'price_2', unitAmount: 1_000, subtotal: 1_000, total: 900, discount: 100 }),
    ];
    const bought = await buy({ checkout: { lines } });
    expect(await order(bought.jobId)).toMatchObject({
      orderId: bought.orderId,
      paymentKey: bought.paymentIntentId,
      livemode: false,
      currency: 'pln',
      total: 10_700,
      discount: 100,
      paidAt: '2026-11-22T10:00:01.000Z',
      buyer: { email: 'jan@example.pl', name: 'Jan Kowalski', language: 'pl' },
      lines: [
        {
          lineNo: 1,
          productId: 'calm-checkout',
          productVersion: '1.0.0',
          quantity: 2,
          total: 9_800,
          formats: ['pdf', 'epub'],
        },
        { lineNo: 2, productId: 'other-book', quantity: 1, unitAmount: 1_000, total: 900 },
      ],
    });
    expect(
      await stack.rows(
        'select currency, amount::int, paid_at from fulfillment.payments where order_id = $1',
        [bought.orderId],
      ),
    ).toEqual([{ currency: 'pln', amount: 10_700, paid_at: new Date('2026-11-22T10:00:01Z') }]);
  });

  it('waits a bounded time for the API to agree with its webhook', async () => {
    const { buy, worker } = resolving({ patienceMs: 20 });
    const bought = await buy({ inApi: false });
    expect(await blocked(bought.jobId)).toMatchObject({ reason: 'stripe_object_missing' });
    bought.addToApi();
    await stack.importBooks();
    worker.wake();
    expect(await order(bought.jobId)).toMatchObject({ orderId: bought.orderId });
  });

  it('spends no attempt and shows no alarm while it waits', async () => {
    const { buy } = resolving();
    const bought = await buy({ inApi: false });
    const job = await stack.until(bought.jobId, (seen) => seen.steps['resolve_order'] !== undefined);
    expect(job).toMatchObject({
      state: 'open',
      steps: { resolve_order: { state: 'waiting', attempts: 0, reason: 'stripe_object_missing' } },
    });
    expect(job.steps['resolve_order']?.dueInMs).toBeLessThanOrEqual(2_000);
  });

  it.each([-86_400_000, 86_400_000])('is as patient on a host whose clock is off by %i ms', async (offMs) => {
    const clock = { ...systemClock, now: () => new Date(Date.now() + offMs) };
    const { buy } = resolving({ clock });
    const late = await buy({ inApi: false });
    const job = await stack.until(late.jobId, (seen) => seen.steps['resolve_order'] !== undefined);
    expect(job.state).toBe('open');
    await stack.rows(
      `update fulfillment.fulfillment_jobs set created_at = created_at - interval '2 minutes' where id = $1`,
      [late.jobId],
    );
    await stack.rows(
      `update fulfillment.fulfillment_job_steps set due_at = clock_timestamp() where job_id = $1`,
      [late.jobId],
    );
    await stack.rows(
      `update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1`,
      [late.jobId],
    );
    expect((await blocked(late.jobId)).reason).toBe('stripe_object_missing');
  });

  it('is not made while the API says that nothing was paid', async () => {
    const { buy } = resolving({ patienceMs: 0 });
    const unpaid = await buy({ checkout: { paymentStatus: 'unpaid' } });
    expect((await blocked(unpaid.jobId)).reason).toBe('not_paid');
    const processing = await buy({ intent: { status: 'processing' } });
    expect((await blocked(processing.jobId)).reason).toBe('not_paid');
  });

  it('outlives an API that fails and one that asks for a pause', async () => {
    const { buy } = resolving();
    stack.payments.fail(
      aFault({ reason: 'stripe_unavailable' }),
      null,
      aFault({ kind: 'rate_limited', retryAfterMs: 10 }),
    );
    const bought = await buy();
    await order(bought.jobId);
    expect((await stack.see(bought.jobId)).timeline).toEqual([
      'job.accepted',
      'step.retry resolve_order',
      'step.retry resolve_order',
      'step.done resolve_order',
      'job.completed',
    ]);
  });

  it('keeps no control character, bidi trick or endless name of a buyer', async () => {
    const { buy } = resolving();
    const bought = await buy({
      checkout: {
        buyer: {
          email: 'jan@example.pl',
          name: `Jan\u0000\r\nBcc: x\u202Enosrep ${'x'.repeat(5_000)}`,
          company: '\u200B\u2066 ',
          taxIds: [{ type: 'eu_vat', value: 'PL\n123\u0000' }],
          address: {
            line1: '\ud800',
            line2: null,
            city: 'Łódź\t',
            postalCode: null,
            state: null,
            country: 'PL',
          },
          locale: 'pl',
        },
      },
    });
    const { buyer } = (await order(bought.jobId)) as {
      buyer: { name: string; company: null; taxIds: unknown; address: unknown };
    };
    expect(buyer.name).toMatch(/^Jan Bcc: xnosrep x+…$/);
    expect(buyer.name.length).toBeLessThanOrEqual(300);
    expect(buyer.company).toBeNull();
    expect(buyer.taxIds).toEqual([{ type: 'eu_vat', value: 'PL 123' }]);
    expect(buyer.address).toMatchObject({ line1: '\uFFFD', city: 'Łódź' });
  });
});
