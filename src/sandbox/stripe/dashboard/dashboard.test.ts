import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../../test/setup/database.ts';
import { createTestBench } from '../testBench.ts';
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

async function sold(wishes: object = {}) {
  const { payment_intent: intent } = await bench.buy(wishes);
  const id = intent?.id ?? '';
  const path = `/dashboard/${id}`;
  const charge = async () => (await bench.stripe.charges.list({ payment_intent: id })).data[0];
  return {
    id,
    charge,
    read: (query = '') => read(path + query),
    press: (form: Record<string, string>) =>
      fetch(bench.sandbox.baseUrl + path, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams(form),
      }),
  };
}

const read = async (path: string) => (await fetch(bench.sandbox.baseUrl + path)).text();

describe('the dashboard', () => {
  it('lists payments and finds a buyer’s', async () => {
    const mine = await sold({ email: 'mina@example.com' });
    await sold({ email: 'other@example.com' });
    const page = await read('/dashboard?q=MINA@');
    expect(page).toContain(`/dashboard/${mine.id}?lang=en`);
    expect(page).not.toContain('other@example.com');
    const front = await fetch(`${bench.sandbox.baseUrl}/`, { redirect: 'manual' });
    expect(front.headers.get('location')).toBe('/dashboard');
  });

  it('refunds in full, and lets the refund fail', async () => {
    const payment = await sold();
    expect((await payment.press({ action: 'refund', whole: 'yes' })).status).toBe(303);
    expect(await payment.charge()).toMatchObject({ amount_refunded: 1200, refunded: true });
    expect(await payment.read()).toContain('Nothing is left to refund');
    const [refund] = (await bench.stripe.refunds.list({ payment_intent: payment.id })).data;
    await payment.press({ action: 'refund-becomes', id: refund?.id ?? '', status: 'failed' });
    expect(await payment.charge()).toMatchObject({ amount_refunded: 0 });
    expect(await payment.read()).toContain('refund.failed');
  });

  it('refunds the price of a line and says which', async () => {
    const payment = await sold({ products: ['tides', 'maps'] });
    const [session] = (await bench.stripe.checkout.sessions.list({ payment_intent: payment.id })).data;
    const { data } = await bench.stripe.checkout.sessions.listLineItems(session?.id ?? '');
    await payment.press({ action: 'refund', line: data[1]?.id ?? '', amount: '', pending: 'yes' });
    const [refund] = (await bench.stripe.refunds.list({ payment_intent: payment.id })).data;
    expect(refund).toMatchObject({
      amount: 990,
      status: 'pending',
      metadata: { fulfillment_lines: 'price_maps_eur:1' },
    });
  });

  it('reads an amount in the decimals of its currency, and says when it cannot', async () => {
    const payment = await sold({ lines: [{ slug: 'maps' }], currency: 'jpy' });
    const wrong = await payment.press({ action: 'refund', amount: '10.50' });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain('no amount of this currency');
    await payment.press({ action: 'refund', amount: '500' });
    expect(await payment.charge()).toMatchObject({ amount_refunded: 500 });
    const much = await payment.press({ action: 'refund', amount: '5000' });
    expect(await much.text()).toContain('greater than unrefunded amount');
  });

  it('opens a dispute and decides it', async () => {
    const payment = await sold();
    await payment.press({ action: 'dispute', status: 'needs_response' });
    const [dispute] = (await bench.stripe.disputes.list({ payment_intent: payment.id })).data;
    const id = dispute?.id ?? '';
    expect(await payment.read('?lang=pl')).toContain('Sklep wygrywa');
    for (const status of ['lost', 'won']) {
      await payment.press({ action: 'dispute-becomes', id, status });
      expect(await bench.stripe.disputes.retrieve(id)).toMatchObject({ status });
    }
  });

  it('answers for the bank of a delayed payment', async () => {
    const payment = await sold({ method: 'p24', currency: 'pln' });
    expect(await payment.read()).not.toContain('Refund in full');
    await payment.press({ action: 'settle', status: 'succeeded' });
    expect(await payment.charge()).toMatchObject({ status: 'succeeded' });
    expect(await payment.read()).toContain('Refund in full');
  });

  it('has no page of a payment that is not there', async () => {
    const response = await fetch(`${bench.sandbox.baseUrl}/dashboard/pi_none`);
    expect(response.status).toBe(404);
  });
});
