import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSearch } from '../../src/domain/search/parse.ts';
import type { FoundPage } from '../../src/ports/search.ts';
import { createSearchStore } from '../../src/store/search/searchStore.ts';
import type { Database } from '../../src/store/shelf/ask.ts';
import { insertManyOrders } from '../builders/manyOrders.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

const now = new Date();
const count = process.env['FULL'] === '1' ? 1_000_000 : 100_000;
/** The order that a buyer calls about, of 81 days ago. */
const number = Math.round(count * 0.777_76) + 1;
const buyer = `katarzyna.zielinski${number}@wp.pl`;

let pools: TestPools;
let client: pg.PoolClient;

beforeAll(async () => {
  pools = await openTestPools();
  const admin = await pools.admin.connect();
  await insertManyOrders(admin, { count, until: now, days: 365 });
  await admin.query(
    `update fulfillment.profiles set canonical_email = $1, email = $1, name = 'Katarzyna Zielinski' where id = ('0190' || lpad(to_hex($2::integer), 28, '0'))::uuid`,
    [buyer, number],
  );
  admin.release();
  client = await pools.poolAs('fulfillment_operations', 1).connect();
}, 600_000);
afterAll(async () => {
  client.release();
  await pools.stop();
});

async function search(text: string, database: Database = client): Promise<FoundPage> {
  const reading = parseSearch(text, { steps: [], reasons: [], providers: [] });
  if (!reading.ok) throw new Error(reading.error.message);
  const store = createSearchStore({ database, stepsOfProvider: new Map([['smtp', ['email']]]) });
  const answer = await store.search({ query: reading.query, limit: 50, now });
  if (!answer.ok) throw new Error(answer.reason);
  return answer.page;
}

interface Asked {
  text: string;
  values: unknown[];
}

/** Notes every statement, and sends it on. */
function listening(): { database: Database; asked: Asked[] } {
  const asked: Asked[] = [];
  const query = (text: string, values: unknown[]) => {
    asked.push({ text, values });
    return client.query(text, values);
  };
  return { database: { query } as unknown as Database, asked };
}

const queries = [
  '',
  'pi_n77777 pi_n5 cs_none ch_none evt_none',
  'R-2026/077777 7K3M-Q9XT-4BVD 019abcde-0000-7000-8000-0123456789ab',
  'anna.nowak12345@wp.pl',
  'anna.nowka@gmial.com',
  'anna.nowka@gmial.com created:160d..163d',
  'kowalksi',
  'anna',
  'pi_n77777 zielinski',
  'status:failed',
  'status:blocked,held',
  '-status:completed,cancelled',
  'status:open',
  'status:pending_email',
  'status:pending_retry',
  'status:failed reason:smtp_unreachable created:140d..320d',
  'status:completed',
  'status:cancelled created:<300d',
  'step:email',
  'step:no_such_step',
  'reason:unknown_product',
  'provider:smtp',
  'age:>5m',
  'age:1h..2d -step:email',
  'amount:10.05',
  'amount:>99.9EUR created:140d..320d',
  'created:230d..260d',
  'has:download',
  '-has:receipt status:completed',
  'has:finding,revoked,refused_mail,repeated_mail,unproven_mail,files,mail created:<90d',
];

/** Tables that grow with the shop. */
const large = 'fulfillment_jobs payments profiles ebook_entitlements receipts fulfillment_job_steps'.split(
  ' ',
);

describe(`a search among ${count} orders`, () => {
  it.each(queries)('reads no whole table for %j', async (text) => {
    const { database, asked } = listening();
    await search(text, database);
    expect(asked.length).toBeGreaterThan(0);
    for (const statement of asked) {
      const { rows } = await client.query<Record<string, string>>(
        `explain (costs off) ${statement.text}`,
        statement.values,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      for (const table of large) expect(plan).not.toMatch(new RegExp(`Seq Scan on ${table}\\b`));
    }
  });

  it('reads none inside its functions either', async () => {
    const seen: Record<string, Record<string, string>> = {};
    for (const text of queries.filter((query) => /kowal|anna|zielinski/.test(query))) {
      await client.query('begin');
      await search(text);
      const { rows } = await client.query<{ relname: string; seq_scan: bigint }>(
        `select relname, seq_scan from pg_stat_xact_user_tables
          where schemaname = 'fulfillment' and relname = any($1) and seq_scan > 0`,
        [large],
      );
      await client.query('commit');
      for (const row of rows) seen[text] = { ...seen[text], [row.relname]: String(row.seq_scan) };
    }
    expect(seen).toEqual({});
  });

  it('is answered within 600 ms, nineteen times of twenty', async () => {
    const measured: Array<{ text: string; ms: number }> = [];
    for (const text of queries) {
      const begin = performance.now();
      await search(text);
      measured.push({ text, ms: performance.now() - begin });
    }
    measured.sort((one, other) => one.ms - other.ms);
    const p95 = measured[Math.ceil(measured.length * 0.95) - 1];
    expect(p95?.ms, p95?.text).toBeLessThan(600);
  });

  it.each([
    `katarzyna.zielinsky${number}@wp.pl`,
    `katarzina.zielinski${number}@wp.pl`,
    `katarzyna.zielinski${number + 9}@wp.pl created:78d..84d`,
    'katarzyna.zielnski@wp.pl created:80d..82d',
    'Katarzyna Zielínski created:80d..82d',
  ])('finds the buyer of %s first', async (text) => {
    const page = await search(text);
    expect(page.bound.kind).toBe('resembling');
    expect(page.jobs[0]).toMatchObject({
      orderId: `ORDN-${number}`,
      receiptNumber: `R-2026/${String(number).padStart(6, '0')}`,
      buyer: 'ka•••@•••.pl',
      status: 'completed',
    });
  });
});
