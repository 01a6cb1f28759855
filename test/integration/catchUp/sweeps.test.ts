import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FoundMoney, Page, PaymentLists } from '../../../src/ports/catchUp.ts';
import { type CatchUpStack, startCatchUpStack } from '../../builders/catchUpStack.ts';

let stack: CatchUpStack;
beforeAll(async () => {
  stack = await startCatchUpStack();
});
beforeEach(() => stack.forget());
afterAll(() => stack.stop());

const day = 86_400;
const nowSeconds = () => Math.floor(Date.now() / 1000);
const daysAgo = (days: number) => new Date((nowSeconds() - days * day) * 1000);
/** So that no two tests sweep the same sales. */
let place = 1_000;
const range = () => {
  place += 20;
  const since = daysAgo(place + 10);
  return { since, until: daysAgo(place), at: (days: number) => nowSeconds() - (place + days) * day };
};

describe('a sweep', () => {
  it('finds what was sold since the start date, and adopts what was sold before', async () => {
    const { since, until, at } = range();
    const before = await stack.buySilently({ created: at(8) });
    const after = await stack.buySilently({ created: at(2) });
    const free = await stack.buySilently({ created: at(2), method: 'free' });
    const elsewhere = await stack.buySilently({ created: at(15) });
    const instance = stack.instance({ startDate: new Date(at(5) * 1000) });
    await instance.sweep({ since, until });
    const found = await stack.sales([before.key, after.key, free.key, elsewhere.key]);
    expect(found.map(({ key, plan, actor }) => ({ key, plan, actor }))).toEqual(
      [
        { key: before.key, plan: 'adopt', actor: 'door:sweep' },
        { key: after.key, plan: 'fulfil', actor: 'door:sweep' },
        { key: free.key, plan: 'fulfil', actor: 'door:sweep' },
      ].toSorted((one, other) => (one.key < other.key ? -1 : 1)),
    );
    expect(await stack.sweeps()).toMatchObject([
      // By their sessions first; by their intents they are known.
      { kind: 'asked', fulfilled: 2, adopted: 1, known: 2, left_out: 0, finished: true },
    ]);
    // Again: nothing is new.
    await instance.sweep({ since, until });
    expect((await stack.sweeps())[1]).toMatchObject({ fulfilled: 0, adopted: 0, known: 5 });
  });

  it('takes an intent without Checkout for what it names, and leaves out a past one that names nothing', async () => {
    const { since, until, at } = range();
    const pay = async (fields: object) => {
      const { payment_intent: intent } = await stack.bench.control<{ payment_intent: { id: string } }>(
        'POST',
        '/payment_intents',
        { amount: 1200, currency: 'eur', webhook: { drop: true }, ...fields },
      );
      return intent.id;
    };
    const metadata = { fulfillment_lines: 'price_tides_eur:1' };
    const named = await pay({ created: at(3), metadata });
    const nameless = await pay({ created: at(3) });
    const late = stack.instance({ startDate: new Date() });
    await late.sweep({ since, until });
    await late.release();
    expect(await stack.sales([named, nameless])).toMatchObject([{ key: named, plan: 'adopt' }]);
    expect((await stack.sweeps())[0]).toMatchObject({ adopted: 1, left_out: 1 });
    // A current one is shown to somebody, as it is when its webhook comes.
    await stack.instance().sweep({ since, until });
    expect(await stack.sales([nameless])).toMatchObject([{ plan: 'fulfil' }]);
  });

  it('goes on where it was, whoever goes on, and in whatever place it was cut off', async () => {
    const { since, until, at } = range();
    const bought = await Promise.all(Array.from({ length: 5 }, () => stack.buySilently({ created: at(4) })));
    const first = stack.instance({ lists: stack.listsOf(3) });
    await first.take();
    await stack.store.plan(first.worker, [{ kind: 'asked', since, until }]);
    expect(await first.sweepPage()).toBe('page');
    expect(await stack.sweeps()).toMatchObject([
      { part: 'sessions', pages: 1, fulfilled: 3, finished: false },
    ]);
    // The page is read again, as if it had been cut off before that was noted.
    await stack.admin.query('update fulfillment.catch_up_sweeps set cursor = null');
    await first.release();
    const second = stack.instance({ lists: stack.listsOf(3) });
    await second.take();
    while ((await second.sweepPage()) !== 'nothing_to_do');
    expect(await stack.sales(bought.map(({ key }) => key))).toHaveLength(5);
    expect(await stack.sweeps()).toMatchObject([{ fulfilled: 5, part: 'intents', finished: true }]);
  });

  it('brings in the past a little at a time, so that orders of today need not stand behind it', async () => {
    const { since, until, at } = range();
    await Promise.all(Array.from({ length: 4 }, () => stack.buySilently({ created: at(4) })));
    await stack.admin.query('delete from fulfillment.fulfillment_dispatch');
    const instance = stack.instance({ startDate: new Date(), lists: stack.listsOf(3), adoptedAtOnceMax: 3 });
    await instance.take();
    await stack.store.plan(instance.worker, [{ kind: 'adopt', since, until }]);
    expect(await instance.sweepPage()).toBe('page');
    expect(await instance.sweepPage()).toBe('busy');
    await stack.admin.query('delete from fulfillment.fulfillment_dispatch');
    expect(await instance.sweepPage()).toBe('page');
  });

  it('has the money of a sale read that went back, and asks once', async () => {
    const { since, until, at } = range();
    const { key } = await stack.buySilently({ created: at(4) });
    const takenBack = <Item extends { money: FoundMoney | null }>({ items, ...page }: Page<Item>) => ({
      ...page,
      items: items.map((item) => ({ ...item, money: item.money && { ...item.money, refunded: 1200 } })),
    });
    const refunded: PaymentLists = {
      ...stack.stripeLists,
      checkouts: async (query, signal) => takenBack(await stack.stripeLists.checkouts(query, signal)),
      intents: async (query, signal) => takenBack(await stack.stripeLists.intents(query, signal)),
    };
    const instance = stack.instance({ startDate: new Date(), lists: refunded });
    await instance.sweep({ since, until });
    expect(await stack.sales([key])).toMatchObject([
      { kind: 'fulfil', plan: 'adopt', actor: 'door:sweep' },
      { kind: 'settle', plan: 'settle', actor: 'door:sweep' },
    ]);
    const wanted = () =>
      stack.rows<{ wanted: number }>(
        'select facts_wanted::int as wanted from fulfillment.payments where payment_key = $1',
        [key],
      );
    expect((await wanted())[0]?.wanted).toBeGreaterThan(0);
    const before = await wanted();
    // As the settle job writes it.
    await stack.admin.query(
      `update fulfillment.payments set facts = '{"refunded": 1200, "disputes": []}' where payment_key = $1`,
      [key],
    );
    await instance.sweep({ since, until });
    expect(await wanted()).toEqual(before);
  });
});
