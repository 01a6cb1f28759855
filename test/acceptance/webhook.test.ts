import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProblems, untilAllDone } from './checker.ts';
import { buy, orderOf, type Purchase, stripeFaults } from './shop.ts';
import { type Stack, startStack } from './stack.ts';
import { bytesOf, event, post, postSigned, stripeSignature } from './webhookDoor.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack.remove());

const purchases: Purchase[] = [];
const json = { 'content-type': 'application/json' };

async function kept() {
  return stack.sql<{ event_id: string | null; verdict: string; reason: string | null; body: Buffer }>(
    'select event_id, verdict, reason, body from fulfillment.stripe_events order by id',
  );
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${stack.places.urls.api}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe('the webhook', () => {
  it('refuses what Stripe has not signed, says nothing about why and keeps nothing', async () => {
    const body = bytesOf(event());
    const nowSeconds = Math.floor(Date.now() / 1000);
    const headers: Array<Record<string, string>> = [
      {},
      { 'stripe-signature': '' },
      { 'stripe-signature': 'nonsense' },
      { 'stripe-signature': stripeSignature(stack, body, { secret: 'whsec_of_somebody_else' }) },
      { 'stripe-signature': stripeSignature(stack, body, { at: nowSeconds - 302 }) },
      { 'stripe-signature': stripeSignature(stack, body, { at: nowSeconds + 302 }) },
      { 'stripe-signature': stripeSignature(stack, Buffer.concat([body, Buffer.from(' ')])) },
    ];
    for (const header of headers) {
      const { status, text } = await post(stack, body, { ...json, ...header });
      expect([status, text]).toEqual([400, '{"error":"invalid"}']);
    }
    expect(await kept()).toEqual([]);
  });

  it('takes bodies of up to 512 KiB, of JSON, uncompressed', async () => {
    const padded = (sizeBytes: number) => {
      const bare = bytesOf(event({ padding: '' })).length;
      return bytesOf(event({ padding: 'x'.repeat(sizeBytes - bare) }));
    };
    const body = bytesOf(event());
    const signed = { 'stripe-signature': stripeSignature(stack, body) };
    expect((await postSigned(stack, padded(512 * 1024))).status).toBe(200);
    expect((await postSigned(stack, padded(512 * 1024 + 1))).status).toBe(413);
    expect((await post(stack, body, { ...signed, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(stack, body, { ...signed, ...json, 'content-encoding': 'gzip' })).status).toBe(415);
    expect(await kept()).toHaveLength(1);
  });

  it('keeps an event of a type nobody acts on, and one event only, however often and whenever it comes', async () => {
    const known = event({ type: 'shipping.rate.invented_tomorrow' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => postSigned(stack, bytesOf(known))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect((await kept()).filter((row) => row.event_id === known['id'])).toMatchObject([
      { verdict: 'ignored', reason: 'type_not_acted_on' },
    ]);
  });

  it('takes signed poison, keeps its bytes, shows it, and goes on', async () => {
    const completed = (object: unknown) => event({ type: 'checkout.session.completed', data: { object } });
    const text = (changes: object) => JSON.stringify(event({ ...changes }));
    const poison: Record<string, Buffer> = {
      'an empty object': Buffer.from('{}'),
      'not JSON': Buffer.from('{"id": '),
      'JSON null': Buffer.from('null'),
      'bytes that are not UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
      'a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf(event())]),
      'NUL in a text': bytesOf(event({ data: { object: { object: 'customer', name: 'a\u0000b' } } })),
      'half a surrogate pair': Buffer.from(text({ note: 'HALF' }).replace('HALF', '\\ud83d')),
      'NUL in a key': Buffer.from(text({ KEY: 1 }).replace('KEY', '\\u0000')),
      '100 000 brackets': Buffer.from(
        text({ deep: 'DEEP' }).replace('"DEEP"', '['.repeat(1e5) + ']'.repeat(1e5)),
      ),
      'a time beyond all calendars': Buffer.from(
        text({ created: 0 }).replace('"created":0', '"created":1e308'),
      ),
      'an amount without end': Buffer.from(
        JSON.stringify(
          completed({ object: 'checkout.session', id: 'cs_1', mode: 'payment', amount_total: 0 }),
        ).replace('"amount_total":0', '"amount_total":1e999'),
      ),
      'a session that is a list': bytesOf(completed([])),
      'a session of a shape nobody knows': bytesOf(completed({ object: 'checkout.session', id: 7 })),
      'an id as long as a novel': bytesOf(event({ id: `evt_${'x'.repeat(5_000)}` })),
      'a prototype in the data': Buffer.from(
        text({ data: 'DATA' }).replace('"DATA"', '{"__proto__":{"object":{"object":"x"}}}'),
      ),
    };
    const before = await kept();
    const quarantinedBefore = await metric('fulfillment_webhooks_quarantined');
    for (const [what, body] of Object.entries(poison)) {
      const { status } = await postSigned(stack, body);
      expect([what, status]).toEqual([what, 200]);
      // Stripe repeats what it likes; that makes no second entry.
      expect((await postSigned(stack, body)).status).toBe(200);
    }
    const added = (await kept()).slice(before.length);
    const bodies = Object.entries(poison);
    const verdicts = bodies.map(([what, body]) => [
      what,
      added.filter((row) => row.body.equals(body)).map((row) => row.verdict),
    ]);
    expect(verdicts).toEqual(bodies.map(([what]) => [what, ['quarantined']]));
    expect(added).toHaveLength(bodies.length);
    expect((await metric('fulfillment_webhooks_quarantined')) - quarantinedBefore).toBe(bodies.length);
  });

  it('shows an event that comes again with other content, and believes the first', async () => {
    const first = event();
    await postSigned(stack, bytesOf(first));
    const other = bytesOf({ ...first, data: { object: { id: 'cus_2', object: 'customer' } } });
    expect((await postSigned(stack, other)).status).toBe(200);
    const rows = (await kept()).filter((row) => row.event_id === first['id']);
    expect(rows.map((row) => row.verdict)).toEqual(['ignored', 'conflict']);
  });

  it('need not come at all where the page after the checkout confirms, and changes nothing when it does', async () => {
    await stripeFaults(stack, { webhooks: { paused: true } });
    const purchase = await buy(stack, orderOf(1));
    purchases.push(purchase);
    const confirmed = await fetch(`${stack.places.urls.api}/v1/checkout/confirm`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ sessionId: purchase.sessionId }),
    });
    expect(confirmed.status).toBe(200);
    const { progressUrl } = (await confirmed.json()) as { progressUrl: string };
    // The stream ends by itself, once everything is there.
    const told = await (await fetch(progressUrl, { headers: { accept: 'text/event-stream' } })).text();
    const states = [...told.matchAll(/^event: state\ndata: (.*)$/gm)].map(([, data]) =>
      JSON.parse(data ?? ''),
    );
    expect(states.at(-1)).toMatchObject({
      state: 'ready',
      books: purchase.products.map(() => ({ state: 'ready' })),
      mail: { to: 'bu•••@re•••.example', accepted: true },
    });
    expect(told).not.toContain(purchase.email);
    await stripeFaults(stack, {});
    await untilAllDone(stack, 1, 20_000);
  });

  it('fulfils a purchase after all this as if nothing had been', async () => {
    purchases.push(await buy(stack, orderOf(2), { copies: 3, shuffle: true }));
    await untilAllDone(stack, 2, 20_000);
    const quarantined = (await kept()).filter(({ verdict }) => verdict === 'quarantined').length;
    const problems = await findProblems(stack, purchases, { poisoned: quarantined });
    expect(problems.filter((problem) => !problem.startsWith('every event of Stripe is kept once'))).toEqual(
      [],
    );
  });
});
