import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createTestBench, testKey } from '../stripe/testBench.ts';
import type { TestBench } from '../stripe/testBench.ts';
import { createShop } from './shop.ts';
import type { Shop } from './shop.ts';

let bench: TestBench;
let shop: Shop;
let dropDatabase: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  dropDatabase = () => database.drop();
  bench = await createTestBench(database.url, { delayedSettlementMs: 10 });
  shop = createShop({
    stripeBaseUrl: bench.sandbox.baseUrl,
    secretKey: testKey,
    links: { inbox: 'http://inbox.example/?a=1&b=2' },
    identity: { issuer: 'http://identity.example/', clientId: 'shop', clientSecret: 's', audience: 'a' },
    apiBaseUrl: 'http://api.example',
  });
  await shop.start();
});
afterAll(async () => {
  await shop.stop();
  await bench.close();
  await dropDatabase();
});

/** What a browser sends when a form is submitted; it does not follow the redirect. */
function submit(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

async function startBuying(fields: Record<string, string> = {}): Promise<string> {
  const answer = await submit(`${shop.baseUrl}/buy`, { price: 'price_tides_eur', lang: 'en', ...fields });
  expect(answer.status).toBe(303);
  return answer.headers.get('location') ?? '';
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

const buyer = {
  action: 'pay',
  locale: 'en',
  email: 'ada@example.com',
  name: 'Ada',
  country: 'IE',
  method: 'card',
};

describe('the shop', () => {
  it('shows every book with its price in the reader’s currency, escaped', async () => {
    const english = await text(`${shop.baseUrl}/?lang=en`);
    expect(english).toContain('Tides &#38; &#60;Winds&#62;');
    expect(english).not.toContain('<Winds>');
    expect(english.indexOf('Tides')).toBeLessThan(english.indexOf('Quiet Code'));
    expect(english).toContain('€12.00');
    const polish = await text(`${shop.baseUrl}/?lang=pl`);
    expect(polish).toContain('lang="pl"');
    expect(polish).toMatch(/49,00\szł/);
    expect(await text(`${shop.baseUrl}/?lang=en&currency=jpy`)).toContain('¥1,500');
  });

  it('leads through checkout to a page that says what happens next', async () => {
    const checkout = await startBuying();
    const page = await text(checkout);
    expect(page).toContain('Tides &#38; &#60;Winds&#62;');
    expect(page).toContain('€12.00');
    const paid = await submit(checkout, buyer);
    expect(paid.status).toBe(303);
    const thanks = paid.headers.get('location') ?? '';
    expect(thanks.startsWith(`${shop.baseUrl}/thanks?session_id=cs_test_`)).toBe(true);
    const end = await text(thanks);
    expect(end).toContain('ada@example.com');
    expect(end).toContain('http://inbox.example/?a=1&#38;b=2');
    expect(end).toContain('/shelf?lang=en&#38;email=ada%40example.com');
    expect(await text(checkout)).toContain('Paid already');
  });

  it('shows on that page how far everything is, by a script of its own and the API alone', async () => {
    const paid = await submit(await startBuying({ lang: 'pl' }), { ...buyer, locale: 'pl' });
    const answer = await fetch(paid.headers.get('location') ?? '');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'; connect-src http://api.example");
    expect(policy).toContain("default-src 'none'");
    const page = await answer.text();
    expect(page).toMatch(/<section id="live"[^>]* hidden/);
    expect(page).toContain('Dostaniesz e-mail');
    const [, config = ''] = /data-config="([^"]*)"/.exec(page) ?? [];
    const read = JSON.parse(config.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))));
    expect(read).toMatchObject({
      api: 'http://api.example',
      sessionId: expect.stringMatching(/^cs_test_/),
      texts: { states: { ready: 'Wszystko gotowe.' } },
    });
    const script = await fetch(`${shop.baseUrl}/thanks.js`);
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(await script.text()).not.toMatch(/innerHTML|document\.write|eval\(/);
  });

  it('takes company, tax number, quantity and language along', async () => {
    const checkout = await startBuying({ lang: 'pl' });
    const id = checkout.split('/').at(-1) ?? '';
    const { data } = await bench.stripe.checkout.sessions.listLineItems(id);
    const company = {
      locale: 'pl',
      business_name: 'Żółw sp. z o.o.',
      tax_id: '526-000-12-46',
      line1: 'Prosta 1',
      country: 'PL',
      [`quantity:${data[0]?.id}`]: '3',
    };
    const updated = await submit(checkout, { ...buyer, ...company, action: 'update', email: '' });
    expect(updated.status).toBe(200);
    expect(await updated.text()).toContain('36,00');
    expect((await submit(checkout, { ...buyer, ...company })).status).toBe(303);
    expect(await bench.stripe.checkout.sessions.retrieve(id)).toMatchObject({
      amount_total: 3600,
      locale: 'pl',
      customer_details: {
        business_name: 'Żółw sp. z o.o.',
        name: 'Ada',
        individual_name: 'Ada',
        tax_ids: [{ type: 'pl_nip', value: '5260001246' }],
        address: { country: 'PL', line1: 'Prosta 1' },
      },
    });
  });

  it('lets a delayed BLIK payment arrive later', async () => {
    const checkout = await startBuying();
    const answer = await submit(checkout, { ...buyer, method: 'blik_delayed' });
    const thanks = answer.headers.get('location') ?? '';
    await bench.webhooks(1, ({ type }) => type === 'checkout.session.async_payment_succeeded');
    expect(await text(thanks)).toContain('Your payment has arrived');
  });

  it('asks again for an e-mail address or a quantity that cannot be right, and escapes what was typed', async () => {
    const checkout = await startBuying();
    const wrong = await submit(checkout, { ...buyer, email: 'nobody', name: '"><script>alert(1)</script>' });
    expect(wrong.status).toBe(422);
    const page = await wrong.text();
    expect(page).toContain('Please enter an e-mail address');
    expect(page).not.toContain('<script>');
    const id = checkout.split('/').at(-1) ?? '';
    const { data } = await bench.stripe.checkout.sessions.listLineItems(id);
    expect((await submit(checkout, { ...buyer, [`quantity:${data[0]?.id}`]: '0' })).status).toBe(422);
    expect((await bench.stripe.checkout.sessions.retrieve(id)).status).toBe('open');
  });

  it('says so when there is no such page, order or session', async () => {
    expect((await fetch(`${shop.baseUrl}/nowhere`)).status).toBe(404);
    expect((await fetch(`${shop.baseUrl}/thanks?session_id=cs_test_none`)).status).toBe(404);
    expect((await fetch(`${bench.sandbox.baseUrl}/c/pay/cs_test_none`)).status).toBe(404);
    expect((await submit(`${shop.baseUrl}/buy`, { price: 'price_none' })).status).toBe(404);
  });

  it('says so when Stripe does not answer', async () => {
    await bench.control('PUT', '/faults', { api: { mode: 'status', status: 400 } });
    expect((await fetch(shop.baseUrl)).status).toBe(503);
    await bench.control('PUT', '/faults', {});
  });
});
