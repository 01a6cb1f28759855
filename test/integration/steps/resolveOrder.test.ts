import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/main/systemClock.ts';
import type { Step } from '../../../src/ports/step.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { gate } from '../../builders/steps.ts';
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

describe('what does not fit is shown to a human, and nothing is guessed', () => {
  it.each<[string, Parameters<Awaited<ReturnType<typeof resolving>>['buy']>[0], string]>([
    [
      'a price that is not in the catalogue',
      { checkout: { lines: [aPurchaseLine({ priceId: 'price_unknown' })] } },
      'unknown_product',
    ],
    [
      'a line without a price',
      { checkout: { lines: [aPurchaseLine({ priceId: null })] } },
      'unknown_product',
    ],
    ['no lines at all', { checkout: { lines: [], total: 4_900 } }, 'unknown_product'],
    [
      'no e-mail',
      {
        checkout: {
          buyer: { email: null, name: null, company: null, taxIds: [], address: null, locale: null },
        },
      },
      'no_email',
    ],
    [
      'an e-mail that could carry a second recipient',
      {
        checkout: {
          buyer: {
            email: 'a@x.com\r\nBcc: b@x.com',
            name: null,
            company: null,
            taxIds: [],
            address: null,
            locale: null,
          },
        },
      },
      'no_email',
    ],
    ['one cent paid for it', { intent: { amountReceived: 1 } }, 'amount_mismatch'],
    ['another currency paid', { intent: { currency: 'eur' } }, 'currency_mismatch'],
    ['lines that do not add up', { checkout: { total: 9_900 } }, 'amount_mismatch'],
    [
      'a price of one cent for the book',
      { checkout: { lines: [aPurchaseLine({ unitAmount: 1, subtotal: 1, total: 1, tax: 0 })] } },
      'amount_mismatch',
    ],
    [
      'a sum of one cent where Stripe tells no unit amount',
      { checkout: { lines: [aPurchaseLine({ unitAmount: null, subtotal: 1, total: 1, tax: 0 })] } },
      'amount_mismatch',
    ],
    [
      'a currency that the catalogue does not sell in',
      { checkout: { currency: 'eur' }, intent: { currency: 'eur' } },
      'currency_mismatch',
    ],
  ])('%s', async (_title, purchase, reason) => {
    const { buy, telemetry } = resolving();
    const bought = await buy(purchase);
    const job = await blocked(bought.jobId);
    expect(job).toMatchObject({
      reason,
      steps: { resolve_order: { state: 'blocked', attempts: 0, reason } },
      order: null,
    });
    expect(job.timeline).toEqual(['job.accepted', 'step.blocked resolve_order', 'job.blocked']);
    expect(telemetry.of('job.blocked')).toMatchObject([{ reason }]);
    expect(JSON.stringify(job.events)).not.toMatch(/@x\.com|example\.pl|Kowalski/);
  });

  it('and goes on by itself when the catalogue learns the price', async () => {
    const { buy, worker } = resolving();
    const bought = await buy({ checkout: { lines: [aPurchaseLine({ priceId: 'price_new' })] } });
    await blocked(bought.jobId);
    await stack.importBooks(aBook('new-book', 'price_new'));
    worker.wake();
    expect(await order(bought.jobId)).toMatchObject({ lines: [{ productId: 'new-book' }] });
  });

  it('also when a product has no files to hand out', async () => {
    await stack.rows(
      `insert into fulfillment.catalog_products (id, title, version) values ('no-files', 'No files', '1')`,
    );
    await stack.rows(
      `insert into fulfillment.catalog_prices values ('price_no_files', 'no-files', 'pln', 4900)`,
    );
    const { buy } = resolving();
    const bought = await buy({ checkout: { lines: [aPurchaseLine({ priceId: 'price_no_files' })] } });
    expect((await blocked(bought.jobId)).reason).toBe('unknown_product');
  });
});

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
