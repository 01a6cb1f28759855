import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../../src/ports/step.ts';
import { gate } from '../../builders/steps.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
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
      'unusable_email',
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
    await eventually(() => telemetry.of('job.blocked').length > 0);
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

  it('also when the catalogue learns it in the very moment in which the order is judged', async () => {
    const judged = gate();
    const goOn = gate();
    const { buy } = resolving({
      change: (step) =>
        step.name === 'resolve_order' && step.kind === 'read'
          ? {
              ...step,
              run: async (job, context) => {
                const outcome = await step.run(job, context);
                judged.open();
                await goOn.passed;
                return outcome;
              },
            }
          : undefined,
    });
    const bought = await buy({ checkout: { lines: [aPurchaseLine({ priceId: 'price_just_now' })] } });
    await judged.passed;
    await stack.importBooks(aBook('just-now', 'price_just_now'));
    goOn.open();
    expect(await order(bought.jobId)).toMatchObject({ lines: [{ productId: 'just-now' }] });
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
