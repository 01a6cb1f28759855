import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReportSla } from '../../src/operations/status/reportSla.ts';
import { fulfilPlan } from '../../src/steps/plans.ts';
import { createSlaReportReader } from '../../src/store/operations/status/slaReport.ts';
import { callerOf } from '../builders/operationsStack.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

let pools: TestPools;
let admin: pg.PoolClient;

beforeAll(async () => {
  pools = await openTestPools();
  admin = await pools.admin.connect();
  // Figures of rows as they stand; how they came to stand so is other tests' matter.
  await admin.query('set session_replication_role = replica');
});
afterAll(async () => {
  admin.release();
  await pools.stop();
});

const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await admin.query<Row>(text, values)).rows;

let numbered = 0;

interface Order {
  at: string;
  state?: string;
  kind?: string;
  seconds?: number;
  currency?: string;
  amount?: number;
  source?: string;
}

async function order(given: Order): Promise<string> {
  const { at, state = 'completed', kind = 'fulfil', seconds = 2, currency = 'pln', amount = 4900 } = given;
  const n = (numbered += 1);
  const [job] = await rows<{ id: string }>(
    `with p as (
       insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid, currency, amount, source)
       values ($1, case when $7 = 'stripe' then $1 end, $1, false, true, $5, $6, $7) returning id)
     insert into fulfillment.fulfillment_jobs
       (kind, payment_id, subject_key, state, reason, plan_id, sla_deadline, created_at, finished_at)
     select $4, p.id, case when $4 = 'fulfil' then null else $1 end, $3, case when $3 in ('failed', 'blocked') then 'r' end,
            (select fulfillment.plan_id($9)), $2::timestamptz + interval '5 minutes', $2,
            case when $3 in ('completed', 'failed', 'cancelled') then $2::timestamptz + make_interval(secs => $8) end
       from p returning id`,
    [
      `${given.source === 'grant' ? 'grant' : 'pi'}_${n}`,
      at,
      state,
      kind,
      currency,
      amount,
      given.source ?? 'stripe',
      seconds,
      fulfilPlan,
    ],
  );
  return job?.id ?? '';
}

/** As the role of a dashboard. */
async function asDashboard<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
  await admin.query('set role fulfillment_reporting');
  try {
    return await rows<Row>(text);
  } finally {
    await admin.query('reset role');
  }
}

describe('figures by day', () => {
  it('count orders by the day of their acceptance in UTC, and nothing but orders', async () => {
    await order({ at: '2026-03-01T00:30:00+01:00' });
    await order({ at: '2026-02-28T12:00:00Z', amount: 1000, seconds: 301 });
    await order({ at: '2026-02-28T12:00:00Z', currency: 'eur', state: 'failed' });
    await order({ at: '2026-02-28T13:00:00Z', state: 'cancelled' });
    await order({ at: '2026-02-28T13:00:00Z', kind: 'grant', source: 'grant', amount: 0 });
    await order({ at: '2026-02-28T13:00:00Z', kind: 'adopt' });
    await order({ at: '2026-02-28T13:00:00Z', kind: 'canary' });
    expect(
      await asDashboard(
        `select to_char(day, 'YYYY-MM-DD') as day, currency, orders::int, amount_minor::int as amount, completed::int,
                failed::int, cancelled::int, unfinished::int, sla_met::int as met, sla_breached::int as breached
           from reporting.orders_by_day where day between '2026-02-28' and '2026-03-01' order by currency`,
      ),
    ).toEqual([
      {
        ...{ day: '2026-02-28', currency: 'eur', orders: 1, amount: 4900, completed: 0, failed: 1 },
        ...{ cancelled: 0, unfinished: 0, met: 0, breached: 1 },
      },
      {
        ...{ day: '2026-02-28', currency: 'pln', orders: 3, amount: 10_800, completed: 2, failed: 0 },
        ...{ cancelled: 1, unfinished: 0, met: 1, breached: 1 },
      },
    ]);
  });

  it('tell how long orders took, and which share was in time', async () => {
    for (let seconds = 1; seconds <= 100; seconds += 1) await order({ at: '2026-04-01T10:00:00Z', seconds });
    await order({ at: '2026-04-01T10:00:00Z', seconds: 300 });
    await order({ at: '2026-04-01T10:00:00Z', seconds: 300.001 });
    await order({ at: '2026-04-01T10:00:00Z', seconds: 60, state: 'failed' });
    expect(
      await asDashboard(
        `select outcome, orders::int, p50_seconds::float as p50, p95_seconds::float as p95, p99_seconds::float as p99,
                share_within_sla::float as share from reporting.latency_by_day where day = '2026-04-01' order by outcome`,
      ),
    ).toEqual([
      { outcome: 'completed', orders: 102, p50: 51.5, p95: 96.95, p99: 298, share: 0.990196 },
      { outcome: 'failed', orders: 1, p50: 60, p95: 60, p99: 60, share: 0 },
    ]);
  });

  it('count an order as breached that was noted so, and one that is open past its time; not one that is held', async () => {
    const noted = await order({ at: '2026-04-02T10:00:00Z', seconds: 2 });
    await rows('insert into fulfillment.sla_breaches (job_id) values ($1)', [noted]);
    await order({ at: '2026-04-02T10:00:00Z', state: 'open' });
    await order({ at: '2026-04-02T10:00:00Z', state: 'blocked' });
    await rows(`update fulfillment.fulfillment_jobs set state = 'held', held_at = created_at where id = $1`, [
      await order({ at: '2026-04-02T10:00:00Z', state: 'open' }),
    ]);
    expect(
      await asDashboard(
        `select sla_met::int as met, sla_breached::int as breached, unfinished::int from reporting.orders_by_day where day = '2026-04-02'`,
      ),
    ).toEqual([{ met: 0, breached: 3, unfinished: 3 }]);
  });

  it('keep failures that were mended since', async () => {
    const job = await order({ at: '2026-04-03T10:00:00Z' });
    await rows(
      `insert into fulfillment.job_failures (job_id, kind, step, reason, failed_at)
       values ($1, 'fulfil', 'email', 'smtp_unreachable', '2026-04-03T11:00Z'), ($1, 'fulfil', 'email', 'smtp_unreachable', '2026-04-03T12:00Z'),
              ($1, 'fulfil', null, 'crash_loop', '2026-04-03T12:00Z')`,
      [job],
    );
    expect(
      await asDashboard(
        `select kind, step, reason, failures::int, jobs::int from reporting.failures_by_reason where day = '2026-04-03' order by step`,
      ),
    ).toEqual([
      { kind: 'fulfil', step: 'email', reason: 'smtp_unreachable', failures: 2, jobs: 1 },
      { kind: 'fulfil', step: 'none', reason: 'crash_loop', failures: 1, jobs: 1 },
    ]);
  });

  it('tell what is known of mails, and how long it took to know', async () => {
    await rows(
      `insert into fulfillment.email_messages
         (logical_key, kind, payment_id, message_id, to_address, from_address, bytes, bytes_sha256, state, provider, created_at, accepted_at, proven_at, delivery)
       select 'k' || n, 'receipt', fulfillment.uuid_v7(), '<m' || n || '@x>', 'a@b.example', 's@b.example', '', '',
              state, provider, '2026-04-04T10:00Z', accepted, proven, delivery
         from (values (1, 'accepted', 'smtp', timestamptz '2026-04-04T10:00Z', timestamptz '2026-04-04T10:00:10Z', 'delivered'),
                      (2, 'accepted', 'smtp', '2026-04-04T10:00Z', '2026-04-04T10:00:30Z', 'bounced'),
                      (3, 'accepted', 'smtp', '2026-04-04T10:00Z', null, 'unproven'),
                      (4, 'queued', null, null, null, null)) v(n, state, provider, accepted, proven, delivery)`,
    );
    expect(
      await asDashboard(
        `select provider, mails::int, accepted::int, proven::int, unproven::int, delivered::int, bounced::int,
                proof_p50_seconds::float as p50 from reporting.mail_evidence_by_day where day = '2026-04-04' order by provider`,
      ),
    ).toEqual([
      {
        provider: 'none',
        mails: 1,
        accepted: 0,
        proven: 0,
        unproven: 0,
        delivered: 0,
        bounced: 0,
        p50: null,
      },
      { provider: 'smtp', mails: 3, accepted: 3, proven: 2, unproven: 1, delivered: 1, bounced: 1, p50: 20 },
    ]);
  });

  it('tell what was refunded, and taken back', async () => {
    await rows(
      `insert into fulfillment.credit_notes (payment_id, receipt_id, refund_id, kind, amount, series, number, document, issued_at)
       select p.id, p.id, 're_' || n, kind, amount, 'C', n, '{}', '2026-04-05T10:00Z'
         from (select id from fulfillment.payments where currency = 'pln' limit 1) p,
              (values (1, 'credit', 4900), (2, 'credit', 100), (3, 'reversal', 4900)) v(n, kind, amount)`,
    );
    expect(
      await asDashboard(
        `select currency, refunds::int, refunded_minor::int as refunded, reversals::int, reversed_minor::int as reversed, orders::int
           from reporting.refunds_by_day where day = '2026-04-05'`,
      ),
    ).toEqual([{ currency: 'pln', refunds: 2, refunded: 5000, reversals: 1, reversed: 4900, orders: 1 }]);
  });

  it('count whole downloads of people, however many requests they took', async () => {
    await rows(
      `insert into fulfillment.downloads
         (link_id, entitlement_id, format, at, storage_key, delivered_by, program, size_bytes, asked_bytes, sent_bytes)
       select fulfillment.uuid_v7(), entitlement::uuid, 'pdf', '2026-04-06T10:00Z', 'k', 'stream', program, 1000, asked, sent
         from (values ('01900000-0000-7000-8000-000000000001', false, 400, 400),
                      ('01900000-0000-7000-8000-000000000001', false, 600, 600),
                      ('01900000-0000-7000-8000-000000000002', false, 1000, 1000),
                      ('01900000-0000-7000-8000-000000000003', true, 1000, 1000)) v(entitlement, program, asked, sent)`,
    );
    expect(
      await asDashboard(
        `select format, delivered_by as by, deliveries::int, downloads::float, books::int, sent_bytes::int as bytes,
                deliveries_to_programs::int as programs from reporting.downloads_by_day where day = '2026-04-06'`,
      ),
    ).toEqual([
      { format: 'pdf', by: 'stream', deliveries: 3, downloads: 2, books: 2, bytes: 2000, programs: 1 },
    ]);
  });
});

describe('the report of the SLA', () => {
  const reportOf = (asked: { since?: string; month?: string }, now = '2026-06-15T10:00:00Z') =>
    createReportSla({
      reader: createSlaReportReader(pools.poolAs('fulfillment_operations', 3)),
      clock: { now: () => new Date(now) },
    }).read(asked, { caller: callerOf('ops_viewer'), actor: 'staff:anna', reason: null, requestId: 'r' });

  it('says of a month what was in time, what was late, and what is left of what may be', async () => {
    const late: string[] = [];
    for (let n = 1; n <= 12; n += 1) late.push(await order({ at: '2026-05-01T00:00:00Z', seconds: 300 + n }));
    const failed = await order({ at: '2026-05-31T23:59:59Z', state: 'failed' });
    await rows(
      `insert into fulfillment.job_failures (job_id, kind, step, reason, failed_at)
       values ($1, 'fulfil', 'email', 'mailbox_refused', '2026-05-31T23:59:59Z'), ($1, 'tell_shop', 'tell', 'refused', '2026-05-31T23:59:59Z')`,
      [failed],
    );
    for (let n = 0; n < 4; n += 1) await order({ at: '2026-05-31T23:00:00Z', seconds: n + 1 });
    await order({ at: '2026-05-31T23:00:00Z', state: 'cancelled' });
    await order({ at: '2026-06-01T00:00:00Z', seconds: 1 });

    const report = await reportOf({ month: '2026-05' });
    expect(report).toMatchObject({
      ...{ from: '2026-05-01', to: '2026-05-31', objective: 0.999, kept: false },
      ...{ orders: 18, met: 4, breached: 13, running: 0, cancelled: 1, share: 0.235294 },
      budget: { allowed: 0.017, left: -12.983 },
      latency: { p50: 304.5 },
      failures: [{ step: 'email', reason: 'mailbox_refused', failures: 1 }],
    });
    // Those that are not done come first; of the others the longest, and not all of them.
    expect(report.worst.map(({ jobId }) => jobId)).toEqual([failed, ...late.toReversed().slice(0, 9)]);
    expect(report.worst[1]).toMatchObject({ state: 'completed', waitedSeconds: 312 });
    expect(report.days.map(({ day, orders, share }) => [day, orders, share])).toEqual([
      ['2026-05-01', 12, 0],
      ['2026-05-31', 6, 0.8],
    ]);
  });

  it('begins 30 days ago when nothing is said, and is empty where nothing was sold', async () => {
    const report = await reportOf({}, '2026-01-15T10:00:00Z');
    expect(report).toMatchObject({
      ...{ from: '2025-12-16', to: '2026-01-15', kept: true, orders: 0, share: null, days: [], worst: [] },
      latency: { p50: null, p95: null, p99: null },
    });
    expect((await reportOf({ since: '2026-06-01' })).orders).toBe(1);
    expect((await reportOf({ month: '2024-02' })).to).toBe('2024-02-29');
  });
});

describe('the role of dashboards', () => {
  it.each([
    'select * from reporting.order_outcomes',
    'select * from fulfillment.fulfillment_jobs',
    'select * from fulfillment.profiles',
    'create view reporting.mine as select 1',
    'update fulfillment.payments set amount = 0',
  ])('may not: %s', async (text) => {
    await expect(asDashboard(text)).rejects.toThrow(/permission denied/);
  });

  it('finds every view and column, and every question, in docs/reporting.md', async () => {
    const columns = await rows<{ name: string }>(
      `select c.relname || '.' || a.attname as name
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where c.relnamespace = 'reporting'::regnamespace
          and has_table_privilege('fulfillment_reporting', c.oid, 'select')`,
    );
    const page = await readFile(new URL('../../docs/reporting.md', import.meta.url), 'utf8');
    const described = page
      .split(/^### /m)
      .slice(1)
      .flatMap((section) => {
        const [view = ''] = section.split('\n');
        return Array.from(section.matchAll(/^\| `(\w+)`/gm), ([, column]) => `${view}.${column}`);
      });
    expect(described.toSorted()).toEqual(columns.map(({ name }) => name).toSorted());
    for (const [, question = ''] of page.matchAll(/```sql\n(-- .*?)```/gs))
      for (const one of question.split(';').filter((text) => text.includes('select'))) await asDashboard(one);
  });

  it('sees figures alone: no column is an id, a name, an address or a text that people write', async () => {
    const columns = await rows<{ view: string; column: string; type: string }>(
      `select c.relname as view, a.attname as column, format_type(a.atttypid, null) as type
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where c.relnamespace = 'reporting'::regnamespace
          and has_table_privilege('fulfillment_reporting', c.oid, 'select')`,
    );
    const texts = columns.filter(({ type }) => !['date', 'bigint', 'numeric'].includes(type));
    expect([...new Set(texts.map(({ column }) => column))].toSorted()).toEqual(
      ['currency', 'delivered_by', 'format', 'kind', 'outcome', 'provider', 'reason', 'step'].toSorted(),
    );
  });
});

describe('with many orders', () => {
  beforeAll(async () => {
    await rows(`select fulfillment.plan_id($1)`, [fulfilPlan]);
    await rows(
      `with made as materialized (
         select fulfillment.uuid_v7() as id, n, timestamptz '2025-01-01' + n * interval '2 minutes' as at
           from generate_series(1, 200000) n),
       paid as (
         insert into fulfillment.payments (id, payment_key, payment_intent_id, order_id, livemode, paid, currency, amount)
         select id, 'pi_many' || n, 'pi_many' || n, 'M-' || n, false, true, 'pln', 4900 from made
          where at >= '2025-06-01' and at < '2025-06-08'),
       mailed as (
         insert into fulfillment.email_messages
           (logical_key, kind, payment_id, message_id, to_address, from_address, bytes, bytes_sha256, state, provider, created_at, accepted_at, proven_at)
         select 'many' || n, 'receipt', id, '<many' || n || '@x>', 'a@b.example', 's@b.example', null, '', 'accepted', 'smtp', at, at, at from made where n % 4 = 0)
       insert into fulfillment.fulfillment_jobs (id, kind, payment_id, state, plan_id, sla_deadline, created_at, finished_at)
       select id, 'fulfil', id, 'completed', 1, at + interval '5 minutes', at, at + interval '2 seconds' from made`,
    );
    await rows('vacuum analyze fulfillment.fulfillment_jobs');
    await rows('vacuum analyze fulfillment.email_messages');
    await rows('analyze fulfillment.payments');
  }, 60_000);

  it.each([
    ['orders_by_day', 'fulfillment_jobs'],
    ['latency_by_day', 'fulfillment_jobs'],
    ['mail_evidence_by_day', 'email_messages'],
  ])('%s of a week reads the pages of that week', async (view, table) => {
    const text = `select * from reporting.${view} where day >= '2025-06-01' and day < '2025-06-08'`;
    const [explained] = await rows<{ 'QUERY PLAN': unknown }>(`explain (analyze, format json) ${text}`);
    const plan = JSON.stringify(explained);
    expect(plan).toContain(`${table}_day`);
    expect(plan).not.toMatch(new RegExp(`"Seq Scan"[^}]*"${table}"`));
    expect(await rows(text)).toHaveLength(7);
  });
});
