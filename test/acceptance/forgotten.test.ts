import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { sandboxStaff } from '../../src/main/sandbox/sandboxConfig.ts';
import { bytesHold, columnsHolding, formsOf } from '../builders/traces.ts';
import { accessToken, buy, type Purchase, refund, smtpFault } from './shop.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.remove());

const mark = randomUUID().slice(0, 8);
const person = {
  name: `Żaneta Ćwikłowska-${mark}`,
  email: `zaneta.${mark}@cwiklowska-${mark}.example`,
  corrected: `z.cwiklowska@nowa-${mark}.example`,
};
const order = {
  email: person.email,
  name: person.name,
  products: ['the-calm-checkout', 'paragon-bez-tajemnic'],
  currency: 'pln',
  locale: 'pl',
};

async function call(token: string, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${stack.places.urls.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(method === 'POST' && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

async function staffToken(): Promise<string> {
  const answer = await fetch(new URL('/sandbox/token', stack.places.urls.identity), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@staff.example', audience: sandboxStaff.audience }),
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

const openJobs = () =>
  stack.sql<{ kind: string; state: string }>(
    `select kind, state from fulfillment.fulfillment_jobs where state not in ('completed', 'failed', 'cancelled')`,
  );
const untilQuiet = () =>
  until('nothing that is being done', async () => (await openJobs()).length === 0, { withinMs: 30_000 });

async function jobOf({ paymentKey }: Purchase) {
  const [job] = await stack.sql<{ id: string; state: string; orderId: string }>(
    `select j.id, j.state, p.order_id as "orderId" from fulfillment.fulfillment_jobs j
       join fulfillment.payments p on p.id = j.payment_id where p.payment_key = $1 and j.kind = 'fulfil'`,
    [paymentKey],
  );
  return job ?? { id: '', state: 'none', orderId: '' };
}

const untilState = (purchase: Purchase, state: string) =>
  until(`a job that is ${state}`, async () => (await jobOf(purchase)).state === state, { withinMs: 30_000 });

/** So many refunds have come from Stripe and are settled. */
const untilSettled = (refunds: number) =>
  until(
    `${refunds} refunds that are settled`,
    async () => {
      const [row] = await stack.sql<{ settled: number }>(
        `select count(*)::int as settled from fulfillment.credit_notes`,
      );
      return row?.settled === refunds;
    },
    { withinMs: 30_000 },
  );

const erasedAnswer = z.object({ jobId: z.string(), payments: z.number() });
const shelfAnswer = z.object({
  items: z.array(z.object({ id: z.string(), formats: z.array(z.object({ format: z.string() })) })),
});
const exportedAnswer = z.object({ rows: z.number(), text: z.string() });

/** The buyer looks at the shelf, takes it over, and downloads everything. */
async function atTheShelf(token: string): Promise<void> {
  await call(token, 'POST', '/v1/shelf/claim');
  const { items } = shelfAnswer.parse(await call(token, 'GET', '/v1/shelf'));
  for (const { id, formats } of items)
    for (const { format } of formats) {
      const minted = await call(token, 'POST', `/v1/shelf/${id}/download`, { format });
      const file = await fetch(z.object({ url: z.url() }).parse(minted).url);
      const bytes = Buffer.from(await file.arrayBuffer());
      // In a PDF the name is written in the glyphs of a font, so there it is the file itself that has to go.
      expect(bytesHold(bytes, formsOf(person.name)), format).toBe(format === 'epub');
    }
}

/** Support looks for the order, looks at it, and does all that is done for a buyer. */
async function atTheDesk(staff: string, first: Purchase): Promise<void> {
  await call(staff, 'POST', '/v1/admin/orders/search', { q: person.email });
  const job = await jobOf(first);
  const version = async () =>
    z.object({ version: z.number() }).parse(await call(staff, 'GET', `/v1/admin/orders/${job.orderId}`))
      .version;
  await call(staff, 'POST', `/v1/admin/jobs/${job.id}/reveal`, { field: 'email', reason: 'on the phone' });
  await call(staff, 'POST', `/v1/admin/jobs/${job.id}/resend-receipt`, {
    version: await version(),
  });
  await untilQuiet();
  await call(staff, 'POST', `/v1/admin/jobs/${job.id}/correct-email`, {
    version: await version(),
    email: person.corrected,
    confirmClaimed: true,
    reason: 'a slip, on the phone',
  });
  await untilQuiet();
  await call(staff, 'POST', `/v1/admin/webhooks/${first.eventIds[0]}/reprocess`, { reason: 'to be sure' });
  await untilQuiet();
}

/** All that the product keeps beside its database: files, logs, anchors, caches. */
async function filesOfProduct(): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of await readdir(stack.dataDirectory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(stack.dataDirectory, path);
    // The server's own files: dead rows and its log of changes go when it says so. Its tables are read as tables.
    if (entry.isFile() && !name.startsWith('postgres')) found.set(name, await readFile(path));
  }
  return found;
}

async function placesOf(words: string[]): Promise<string[]> {
  const forms = words.flatMap(formsOf);
  const metrics = await (await fetch(`${stack.places.urls.api}/metrics`)).text();
  const texts = new Map([
    ...(await filesOfProduct()),
    ['stderr', Buffer.from(stack.stderr)],
    ['metrics', Buffer.from(metrics)],
  ]);
  return [
    ...(await columnsHolding((text) => stack.sql(text), words)),
    ...[...texts].flatMap(([name, bytes]) =>
      bytesHold(bytes, forms) || forms.some((form) => name.toLowerCase().includes(form)) ? [name] : [],
    ),
  ];
}

it(
  'somebody who is forgotten is found nowhere any more, whatever was done with their orders before and after',
  { timeout: 120_000 },
  async () => {
    const staff = await staffToken();
    const first = await buy(stack, order, { copies: 2, shuffle: true });
    await untilState(first, 'completed');
    await untilQuiet();
    const token = await accessToken(stack, person.email);
    const { sub } = z
      .object({ sub: z.string() })
      .parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
    const words = [mark, person.name, person.email, person.corrected, 'Ćwikłowska', sub];
    await atTheShelf(token);
    await atTheDesk(staff, first);
    await refund(stack, first);
    await untilSettled(1);
    await untilQuiet();

    // The other side refuses the receipt of another order, and names the address in its answer.
    await smtpFault(stack, { mode: '550', recipient: person.email });
    const second = await buy(stack, order);
    await untilState(second, 'failed');
    await smtpFault(stack, { mode: 'none' });
    await untilQuiet();

    const before = await placesOf(words);
    expect(before.filter((place) => place.includes('.')).length).toBeGreaterThan(12);
    expect(before.filter((place) => place.endsWith('.epub'))).toHaveLength(4);
    const { orderId } = await jobOf(first);
    const filesOfOrder = async () =>
      [...(await filesOfProduct()).keys()].filter((name) => name.includes(orderId));
    expect((await filesOfOrder()).filter((name) => name.endsWith('.pdf'))).toHaveLength(3);
    expect(before.filter((place) => /log|stderr|metrics|audit/.test(place))).toEqual([]);

    for (const email of [person.corrected, person.email]) {
      const exported = exportedAnswer.parse(
        await call(staff, 'POST', '/v1/admin/people/export', { email, reason: 'asked for' }),
      );
      expect(exported.text).toContain(email);
      const erased = erasedAnswer.parse(
        await call(staff, 'POST', '/v1/admin/people/erase', { email, reason: 'asked for' }),
      );
      expect(erased.payments).toBe(1);
      await untilQuiet();
    }
    expect(await placesOf(words)).toEqual([]);
    expect(await filesOfOrder()).toEqual([]);

    // Stripe tells of a refund of theirs later, with the buyer in every event, and support does again what it did.
    await refund(stack, second);
    await untilSettled(2);
    for (const eventId of second.eventIds)
      await call(staff, 'POST', `/v1/admin/webhooks/${eventId}/reprocess`, { reason: 'again' }).catch(
        (error: unknown) => expect(String(error)).toMatch(/answered 4\d\d/),
      );
    await untilQuiet();
    expect(await placesOf(words)).toEqual([]);
    expect(await call(staff, 'POST', '/v1/admin/orders/search', { q: person.email })).toMatchObject({
      orders: [],
    });
    expect(await call(token, 'GET', '/v1/shelf')).toMatchObject({ items: [] });
  },
);
