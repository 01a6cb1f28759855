import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSearch } from '../../src/domain/search/parse.ts';
import type { FoundPage, SearchStore } from '../../src/ports/search.ts';
import { createSearchStore } from '../../src/store/search/searchStore.ts';
import { insertManyOrders } from '../builders/manyOrders.ts';
import { insertSearchedOrder, type SearchedOrder } from '../builders/searchedOrder.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

const now = new Date();
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);
const vocabulary = { steps: [], reasons: [], providers: [] };
const stepsOfProvider = new Map([['stripe', ['resolve_order']]]);

let pools: TestPools;
let store: SearchStore;
/** Orders of these tests, by name; about 300 of somebody else's stand between them. */
const orders = new Map<string, Awaited<ReturnType<typeof insertSearchedOrder>>>();

const named: Record<string, SearchedOrder> = {
  anna: {
    books: 3,
    at: ago(3),
    email: 'Anna.Kowalska@gmail.com',
    name: 'Anna Kowalska',
    receipt: 900_123,
    amount: 4905,
    facts: { charge_id: 'ch_3Anna' },
    mail: 'accepted',
    downloaded: true,
    stored: true,
  },
  annaAgain: { at: ago(2), email: 'Anna.Kowalska@gmail.com', receipt: 900_124, currency: 'eur' },
  zoltan: {
    at: ago(4),
    email: 'z.nemeth@example.org',
    name: 'Zoltán Németh',
    currency: 'jpy',
    amount: 77_000,
  },
  lukasz: { at: ago(4), email: 'lukasz@example.org', name: 'Łukasz Żółć', currency: 'kwd', amount: 12_345 },
  old: { at: ago(100), email: 'old@example.org', receipt: 900_001 },
  revoked: { at: ago(5), email: 'back@example.org', entitlement: 'revoked', mail: 'repeated' },
  refusedMail: { at: ago(5), mail: 'refused', finding: true },
  unproven: { at: ago(5), mailUnproven: true, mail: 'accepted' },
  cancelled: { at: ago(6), state: 'cancelled', reason: 'pays_an_invoice' },
  fresh: { at: ago(0.001), state: 'open' },
  stuck: { at: ago(1), state: 'open', steps: { resolve_order: 'waiting 3 stripe_timeout' } },
  atMail: {
    at: ago(1),
    state: 'open',
    steps: { resolve_order: 'done', entitlement: 'done', receipt: 'done', storage: 'done' },
  },
  atFiles: {
    at: ago(1),
    state: 'open',
    steps: {
      resolve_order: 'done',
      entitlement: 'done',
      receipt: 'done',
      email: 'done',
      storage: 'waiting 2 storage_full',
    },
  },
  held: { at: ago(8.5), state: 'held', reason: 'by_hand', steps: { resolve_order: 'done' } },
  unknownProduct: {
    at: ago(7),
    state: 'blocked',
    reason: 'odd_product',
    steps: { resolve_order: 'blocked 1 odd_product' },
  },
  failedReceipt: {
    at: ago(40),
    state: 'failed',
    reason: 'receipt_line_count',
    failedStep: 'receipt',
    steps: { resolve_order: 'done', entitlement: 'done', receipt: 'failed 1 receipt_line_count' },
  },
};

beforeAll(async () => {
  pools = await openTestPools();
  const admin = await pools.admin.connect();
  await insertManyOrders(admin, { count: 300, until: ago(9), days: 60 });
  admin.release();
  for (const [name, order] of Object.entries(named))
    orders.set(name, await insertSearchedOrder(pools, order));
  await pools.rows(
    `insert into fulfillment.stripe_events (event_id, content_sha256, verdict, reason, payment_id) values
       ('evt_anna', '\\x01', 'accepted', null, $1), ('evt_anna', '\\x02', 'conflict', 'same_id_other_content', $1),
       ('evt_nothing', '\\x03', 'ignored', 'type_not_acted_on', null)`,
    [orders.get('anna')?.jobId],
  );
  await pools.rows(
    `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, step, actor, data)
     values ($1, 1, 'effect.retry', 'storage', 'worker:w', '{"provider": "local-disk"}')`,
    [orders.get('atFiles')?.jobId],
  );
  store = createSearchStore({ database: pools.poolAs('fulfillment_operations', 2), stepsOfProvider });
});
afterAll(() => pools.stop());

interface Settings {
  limit?: number;
  cursor?: string;
  store?: SearchStore;
}

async function page(text: string, { limit = 200, cursor, store: other }: Settings = {}): Promise<FoundPage> {
  const reading = parseSearch(text, vocabulary);
  if (!reading.ok) throw new Error(`${reading.error.message} ${reading.error.remedy}`);
  const request = { query: reading.query, limit, now, ...(cursor === undefined ? {} : { cursor }) };
  const answer = await (other ?? store).search(request);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.page;
}

/** Names of this file's orders on the first page, in its order. */
async function found(text: string): Promise<string[]> {
  const { jobs } = await page(text);
  return jobs.flatMap(({ jobId }) => nameOf(jobId) ?? []);
}

const nameOf = (jobId: string) => [...orders].find(([, order]) => order.jobId === jobId)?.[0];
const of = (name: string) => {
  const order = orders.get(name);
  if (!order) throw new Error(`no order ${name}`);
  return order;
};

/** Every job that a query finds, page by page. */
async function everyPage(text: string, settings: Settings): Promise<FoundPage[]> {
  const pages: FoundPage[] = [];
  let cursor: string | undefined;
  do {
    const one = await page(text, cursor === undefined ? settings : { ...settings, cursor });
    pages.push(one);
    cursor = one.next ?? undefined;
  } while (cursor !== undefined && pages.length < 500);
  return pages;
}

describe('a key', () => {
  it.each<[string, (order: ReturnType<typeof of>) => string]>([
    ['payment intent', (order) => order.paymentKey],
    ['session', (order) => order.sessionId],
    ['charge', () => 'ch_3Anna'],
    ['event', () => 'evt_anna'],
    ['order id', (order) => order.orderId.toLowerCase()],
    ['receipt number', () => 'R-2026/900123'],
    ['job id', (order) => order.jobId],
  ])('by %s finds its one order', async (_, key) => {
    const text = key(of('anna'));
    const { jobs, bound, next } = await page(text);
    expect(jobs.map(({ jobId }) => nameOf(jobId))).toEqual(['anna']);
    expect(bound).toEqual({ kind: 'keys' });
    expect(next).toBeNull();
  });

  it('among several finds each, the latest first, and other terms still hold', async () => {
    const keys = `${of('old').orderId} ${of('stuck').paymentKey} R-2026/900123`;
    expect(await found(keys)).toEqual(['stuck', 'anna', 'old']);
    expect(await found(`${keys} -status:open created:<30d`)).toEqual(['anna']);
  });

  it('that nothing has finds nothing, however much there is', async () => {
    expect(await found('pi_none')).toEqual([]);
    expect(await found('evt_nothing')).toEqual([]);
    expect(await found('ch_none')).toEqual([]);
  });

  it('finds what is older than a search looks by itself', async () => {
    expect(await found('R-2026/900001')).toEqual(['old']);
  });
});

describe('a buyer', () => {
  it('is found by the exact address, in any case, with all orders', async () => {
    const { jobs, bound } = await page('ANNA.kowalska@GMAIL.com');
    expect(jobs.map(({ jobId }) => nameOf(jobId))).toEqual(['annaAgain', 'anna']);
    expect(bound).toEqual({ kind: 'keys' });
  });

  it.each([
    'anna.kowalksa@gmial.com',
    'ana.kowalska@gmail.con',
    'annakowalska@gmail.com',
    'anna kowalska',
    'Kowalska Anna',
    'anna.kowalska@',
  ])('is found first by %s', async (text) => {
    const { jobs, bound } = await page(text);
    expect(jobs.slice(0, 2).map(({ jobId }) => nameOf(jobId))).toEqual(['annaAgain', 'anna']);
    expect(bound.kind).toBe('resembling');
    expect(jobs[0]?.likeness).toBeGreaterThan(jobs[2]?.likeness ?? 0);
  });

  it.each([
    ['zoltan nemeth', 'zoltan'],
    ['ZOLTÁN NÉMETH', 'zoltan'],
    ['lukasz zolc', 'lukasz'],
    ['Łukasz', 'lukasz'],
  ])('is found without or with accents: %s', async (text, name) => {
    expect((await found(text))[0]).toBe(name);
  });

  it('that is known is not mixed with those who resemble them', async () => {
    expect(await found('lukasz@example.org created:<3d')).toEqual([]);
  });

  it('is searched for together with other terms', async () => {
    expect(await found('kowalska amount:49.05PLN')).toEqual(['anna']);
    expect(await found(`${of('anna').paymentKey} ${of('zoltan').paymentKey} nemeth`)).toEqual(['zoltan']);
  });

  it('is shown masked, and nowhere else in the answer', async () => {
    const one = await page('anna.kowalska@gmail.com');
    expect(one.jobs[0]).toMatchObject({ buyer: 'An•••@gm•••.com', receiptNumber: 'R-2026/900124' });
    expect(JSON.stringify(one)).not.toMatch(/kowalska/i);
  });
});

describe('qualifiers', () => {
  it.each([
    ['status:held', ['held']],
    ['status:cancelled', ['cancelled']],
    ['status:open created:<8d', ['fresh', 'stuck', 'atMail', 'atFiles']],
    ['status:pending_resolve_order', ['fresh']],
    ['status:pending_email created:<8d', ['atMail']],
    ['status:pending_retry created:<8d', ['stuck', 'atFiles']],
    [
      '-status:completed,failed created:<8d',
      ['fresh', 'stuck', 'atMail', 'atFiles', 'cancelled', 'unknownProduct'],
    ],
    ['step:storage', ['atFiles']],
    ['step:receipt', ['failedReceipt', 'held']],
    ['step:resolve_order', ['fresh', 'stuck', 'unknownProduct']],
    ['reason:odd_product', ['unknownProduct']],
    ['reason:stripe_timeout,storage_full', ['stuck', 'atFiles']],
    ['reason:receipt_line_count', ['failedReceipt']],
    ['reason:pays_an_invoice status:cancelled', ['cancelled']],
    ['provider:local-disk', ['atFiles']],
    ['provider:stripe', ['fresh', 'stuck', 'unknownProduct']],
    ['age:>5d', ['unknownProduct', 'held']],
    ['age:<1h', ['fresh']],
    ['age:12h..2d -step:email', ['stuck', 'atFiles']],
    ['amount:49.05', ['anna']],
    ['amount:77000', ['zoltan']],
    ['amount:12.345', ['lukasz']],
    ['amount:12.345kwd', ['lukasz']],
    ['amount:12.345PLN', []],
    ['amount:49EUR created:<8d', ['annaAgain']],
    ['amount:12..48 created:<8d', ['lukasz']],
    ['has:download', ['anna']],
    ['has:refused_mail', ['refusedMail']],
    ['has:repeated_mail', ['revoked']],
    ['has:unproven_mail', ['unproven']],
    ['has:revoked,finding', ['revoked', 'refusedMail']],
    ['has:files', ['anna']],
    ['has:mail -has:receipt', ['revoked', 'refusedMail', 'unproven']],
    ['created:36h..84h', ['annaAgain', 'anna']],
  ])('%s', async (text, names) => {
    expect((await found(text)).toSorted()).toEqual(names.toSorted());
  });

  it('that cannot both hold find nothing', async () => {
    expect((await page('status:completed age:>5m')).jobs).toEqual([]);
  });

  it('find every job by the status that it is shown with', async () => {
    const all = (await everyPage('created:<100d', {})).flatMap(({ jobs }) => jobs);
    const statuses = new Set(all.map(({ status }) => status));
    expect(statuses.size).toBeGreaterThan(8);
    for (const status of statuses) {
      const [state = '', detail] = status.split(': ');
      const which = detail === undefined ? '' : `${state === 'failed' ? 'step' : 'reason'}:${detail}`;
      const pages = await everyPage(`status:${state} ${which} created:<100d`, {});
      const shownAs = ({ jobs }: Pick<FoundPage, 'jobs'>) =>
        jobs.filter((job) => job.status === status).map(({ jobId }) => jobId);
      expect(pages.flatMap(shownAs), status).toEqual(shownAs({ jobs: all }));
    }
  });
});

describe('a search without a key', () => {
  it('looks 30 days back and says so', async () => {
    const { jobs, bound } = await page('');
    expect(bound).toEqual({ kind: 'time', from: ago(30), before: null, byDefault: true });
    expect(jobs.every(({ createdAt }) => createdAt >= ago(30.01))).toBe(true);
    expect(await found('status:completed')).not.toContain('old');
  });

  it('looks as far back as it is told', async () => {
    const { jobs, bound } = await page('created:90d..110d');
    expect(jobs.map(({ jobId }) => nameOf(jobId))).toEqual(['old']);
    expect(bound).toEqual({ kind: 'time', from: ago(110), before: ago(90), byDefault: false });
  });

  it('that names only an end looks 30 days back from there', async () => {
    const { jobs, bound } = await page('created:>90d');
    expect(jobs.map(({ jobId }) => nameOf(jobId))).toEqual(['old']);
    expect(bound).toMatchObject({ from: ago(120), byDefault: true });
  });

  it('is bounded by states where those are few, and then sees them all', async () => {
    const { bound } = await page('status:failed');
    expect(bound).toEqual({ kind: 'states', states: ['failed'] });
    expect(await found('status:failed')).toEqual(['failedReceipt']);
    expect((await page('step:email')).bound).toEqual({
      kind: 'states',
      states: ['open', 'blocked', 'held', 'failed'],
    });
  });
});

describe('pages', () => {
  it.each(['created:<100d', 'status:failed', '-status:completed,cancelled', 'nowak', ''])(
    'of %j show everything once',
    async (text) => {
      const whole = await everyPage(text, { limit: 200 });
      const pages = await everyPage(text, { limit: 6 });
      const ids = pages.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(whole.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId)));
      expect(pages.slice(0, -1).every(({ jobs }) => jobs.length === 6)).toBe(true);
      expect(pages.length).toBeGreaterThan(1);
    },
  );

  it('that looked at enough say how far they came, and the next ones find the rest', async () => {
    const lazy = createSearchStore({ database: pools.poolAs('fulfillment_operations', 1), workMax: 12 });
    const pages = await everyPage('created:<100d has:finding,revoked', { store: lazy });
    expect(pages[0]).toMatchObject({ jobs: [], searchedBackTo: expect.any(Date) as unknown });
    const names = pages.flatMap(({ jobs }) => jobs.map(({ jobId }) => nameOf(jobId) ?? ''));
    expect(names.toSorted()).toEqual(['refusedMail', 'revoked']);
    expect(pages.at(-1)).toMatchObject({ next: null, searchedBackTo: null });
    const times = pages.slice(0, -1).map(({ searchedBackTo }) => Number(searchedBackTo));
    expect(times).toEqual(times.toSorted((one, other) => other - one));
  });

  it('keep to the moment at which the search began', async () => {
    const first = await page('created:<50d', { limit: 5 });
    const cursor = first.next ?? '';
    const reading = parseSearch('created:<50d', vocabulary);
    if (!reading.ok) throw new Error('unreadable');
    const later = new Date(now.getTime() + 45 * 86_400_000);
    const answer = await store.search({ query: reading.query, limit: 5, cursor, now: later });
    expect(answer).toMatchObject({ ok: true, page: { asOf: now } });
    expect(answer.ok && answer.page.jobs.length).toBe(5);
  });

  it('take no cursor of another query, and none that was made up', async () => {
    const { next } = await page('created:<50d', { limit: 5 });
    const made = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const reading = parseSearch('created:<51d', vocabulary);
    if (!reading.ok) throw new Error('unreadable');
    for (const cursor of [next ?? '', '', 'x', made([1]), made(null), 'A'.repeat(10_000)]) {
      const answer = await store.search({ query: reading.query, limit: 5, cursor, now });
      expect(answer).toEqual({ ok: false, reason: 'bad_cursor' });
    }
  });
});

describe('the names that a search box offers', () => {
  it('are those of what is unfinished or has failed', async () => {
    const names = await store.readVocabulary();
    expect(names.steps).toEqual(expect.arrayContaining(['email', 'storage', 'analytics']));
    expect(names.reasons).toEqual(
      expect.arrayContaining(['odd_product', 'stripe_timeout', 'storage_full', 'receipt_line_count']),
    );
    expect(names.reasons).not.toContain('pays_an_invoice');
  });
});
