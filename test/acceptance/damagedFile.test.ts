import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findProblems, untilAllDone } from './checker.ts';
import { mailsTo, openMail } from './inbox.ts';
import { accessToken, books, buy, orderOf, type Purchase } from './shop.ts';
import { sizes } from './sizes.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
const purchases: Purchase[] = [];
const damaged = 'paragon-bez-tajemnic';

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack.remove());

/** What all copies of it begin with. */
async function bodyPath(): Promise<string> {
  const directory = join(stack.places.storageDirectory, 'ebooks', damaged, '1.0.0');
  const name = (await readdir(directory)).find((one) => /^shared-.*\.pdf$/.test(one));
  return join(directory, name ?? 'there is none');
}
const asidePath = () => join(stack.dataDirectory, 'body.aside');

async function jobOf({ paymentKey }: Purchase) {
  const [row] = await stack.sql<{ state: string; reason: string | null; stored: number }>(
    `select j.state, j.reason, (select count(*)::int from fulfillment.stored_files f where f.payment_id = p.id) as stored
       from fulfillment.payments p join fulfillment.fulfillment_jobs j on j.payment_id = p.id where p.payment_key = $1`,
    [paymentKey],
  );
  return row;
}

const shelfSchema = z.object({ items: z.array(z.object({ productId: z.string(), status: z.string() })) });

async function shelfOf({ email }: Purchase) {
  const answer = await fetch(`${stack.places.urls.api}/v1/shelf`, {
    headers: { authorization: `Bearer ${await accessToken(stack, email)}` },
  });
  const { items } = shelfSchema.parse(await answer.json());
  return new Map(items.map((item) => [item.productId, item.status]));
}

/** What the links of a mail lead to, in the order of the mail: hashes of the files, or the page shown instead. */
async function followLinks({ email }: Purchase): Promise<Array<{ ok: boolean; sha256: string }>> {
  const [mail] = await mailsTo(stack, email);
  if (!mail) throw new Error('There is no mail.');
  const { Text } = await openMail(stack, mail);
  const links = [...Text.matchAll(/https?:\S+\/d\/\S+/g)].map(([link]) => link);
  return Promise.all(
    links.map(async (link) => {
      const answer = await fetch(link);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const isFile = /pdf|epub/.test(answer.headers.get('content-type') ?? '');
      return { ok: isFile, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

const blockedShown = async () => {
  const text = await (await fetch(`${stack.places.urls.api}/metrics`)).text();
  return /^fulfillment_jobs_active\{state="blocked",step="storage"\} (\d+)$/m.exec(text)?.[1];
};

describe('an order of three books, one of which is damaged in the store', () => {
  it(
    'brings receipt, mail and the other two, and shows the third as blocked',
    { timeout: sizes.drillTimeoutMs },
    async () => {
      await copyFile(await bodyPath(), asidePath());
      await writeFile(await bodyPath(), 'no book any more');
      const order = { ...orderOf(0, 'three'), products: [...books] };
      const purchase = await buy(stack, order);
      purchases.push(purchase);
      const job = await until(
        'a blocked job with everything else stored',
        async () => {
          const found = await jobOf(purchase);
          return found?.state === 'blocked' && found.stored === 6 && found;
        },
        { withinMs: 20_000 },
      );
      expect(job).toMatchObject({ state: 'blocked', reason: 'file_damaged' });
      await until('the mail', async () => (await mailsTo(stack, purchase.email)).length === 1, {
        withinMs: 20_000,
      });
      // What metrics know of the database is remembered for a moment.
      await until('one blocked job in the metrics', async () => (await blockedShown()) === '1', {
        withinMs: 10_000,
      });
      expect(Object.fromEntries(await shelfOf(purchase))).toEqual({
        'the-calm-checkout': 'active',
        'queues-for-shopkeepers': 'active',
        [damaged]: 'processing',
      });
      const followed = await followLinks(purchase);
      expect(followed.map(({ ok }) => ok)).toEqual([true, true, false, false, true, true]);
      const told = await stack.sql<{ effect: string; reason: string }>(
        `select data ->> 'effect' as effect, data ->> 'reason' as reason from fulfillment.fulfillment_job_events
        where kind = 'effect.blocked'`,
      );
      expect(told).toEqual([{ effect: 'copy:2:pdf', reason: 'file_damaged' }]);
    },
  );

  it('holds up nobody else', { timeout: sizes.drillTimeoutMs }, async () => {
    if (sizes.late) {
      // The catalogue cannot be imported now, which must not keep the rest from starting.
      await stack.stop();
      await stack.start();
    }
    const neighbour = await buy(stack, { ...orderOf(1, 'neighbour'), products: ['the-calm-checkout'] });
    purchases.push(neighbour);
    await until('the neighbour’s job', async () => (await jobOf(neighbour))?.state === 'completed', {
      withinMs: 20_000,
    });
    expect(await jobOf(purchases[0] as Purchase)).toMatchObject({ state: 'blocked', reason: 'file_damaged' });
  });

  it('arrives whole once the file is mended', { timeout: sizes.drillTimeoutMs }, async () => {
    const [purchase] = purchases as [Purchase];
    if (sizes.late)
      await until('more than two minutes gone', async () => isLate(purchase), { withinMs: 150_000 });
    await copyFile(asidePath(), await bodyPath());
    if (!sizes.late) {
      // A start imports the catalogue, and that wakes what is blocked; the long form waits for the recheck.
      await stack.stop();
      await stack.start();
    }
    await untilAllDone(stack, purchases.length, 90_000);
    expect([...new Set((await shelfOf(purchase)).values())]).toEqual(['active']);
    expect((await followLinks(purchase)).every(({ ok }) => ok)).toBe(true);
    expect(await blockedShown()).toBe('0');
    // Downloads are told to analytics.
    await untilAllDone(stack, purchases.length, 30_000);
    const mails = await mailsTo(stack, purchase.email);
    expect(mails).toHaveLength(sizes.late ? 2 : 1);
    expect(await findProblems(stack, purchases)).toEqual([]);
  });

  const isLate = (purchase: Purchase) => Date.now() - purchase.paidAtMs > 130_000;
});
