import type pg from 'pg';
import { fulfilPlan } from '../../src/steps/plans.ts';

export interface ManyOrders {
  count: number;
  /** When the last one came, not long ago; the others are spread evenly over the days before. */
  until: Date;
  days: number;
}

const firstNames =
  'anna jan maria piotr ewa tomasz katarzyna marek agnieszka adam olga james emily oliver sophie lukas hannah pedro ines yusuf';
const lastNames =
  'nowak kowalski wisniewska wojcik kaminski lewandowska zielinski szymanska wozniak dabrowski kozlowska mazur krawczyk smith jones taylor brown mueller schmidt fischer weber garcia silva santos rossi ferrari novak dvorak horvat nagy';
const domains = 'gmail.com gmail.com gmail.com wp.pl onet.pl outlook.com example.org';

/**
 * Orders as a shop has them after a while, written by SQL as a superuser: of ten thousand, a hundred failed, twenty
 * blocked, fifty open, the rest completed with receipt and entitlement. Buyers come back now and then. Order `n` is
 * `pi_n<n>`; triggers and foreign keys are not asked.
 */
export async function insertManyOrders(
  client: pg.ClientBase,
  { count, until, days }: ManyOrders,
): Promise<void> {
  await client.query('set session_replication_role = replica');
  // Building this one afterwards takes a quarter of the time.
  const { rows } = await client.query<{ indexdef: string }>(
    `select indexdef from pg_indexes where schemaname = 'fulfillment' and indexname = 'profiles_search_text'`,
  );
  await client.query('drop index fulfillment.profiles_search_text');
  await client.query(
    `insert into fulfillment.catalog_products (id, title, version) values ('the-book', 'The book', '1') on conflict do nothing`,
  );
  await client.query(
    `create temporary table made on commit preserve rows as
     select n, at, ('0190' || lpad(to_hex(n), 28, '0'))::uuid as profile_id,
            (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
              || '8' || lpad(to_hex(n), 15, '0'))::uuid as id,
            case when n % 10000 < 100 then 'failed' when n % 10000 < 120 then 'blocked' when n % 10000 < 170 then 'open'
                 else 'completed' end as state
       from (select n, $2::timestamptz - make_interval(secs => ($1 - n) * ($3 * 86400.0 / $1)) as at
               from generate_series(1, $1) n) x`,
    [count, until, days],
  );
  await client.query('create index on made (n)');
  await client.query(
    `insert into fulfillment.profiles (id, canonical_email, email, name)
     select profile_id, address, address, initcap(first) || ' ' || initcap(last)
       from (select profile_id, first, last,
                    first || '.' || last || n || '@' || (string_to_array($3, ' '))[1 + n % 7] as address
               from (select m.*, (string_to_array($1, ' '))[1 + abs(hashint4(n)::bigint) % 20] as first,
                            (string_to_array($2, ' '))[1 + abs(hashint4(-n)::bigint) % 30] as last
                       from made m where n % 5 <> 0) y) z`,
    [firstNames, lastNames, domains],
  );
  await client.query(
    `insert into fulfillment.payments (id, payment_key, payment_intent_id, order_id, livemode, paid, paid_at, currency, amount, created_at)
     select id, 'pi_n' || n, 'pi_n' || n, 'ORDN-' || n, true, true, at,
            case when n % 3 = 0 then 'eur' else 'pln' end, 1000 + n % 9000, at from made`,
  );
  await client.query(
    `insert into fulfillment.fulfillment_jobs
       (id, kind, payment_id, state, reason, failed_step, plan_id, sla_deadline, created_at, finished_at)
     select id, 'fulfil', id, state,
            case when state = 'failed' then (array['smtp_unreachable', 'mailbox_refused'])[1 + n % 2]
                 when state = 'blocked' then 'unknown_product' end,
            case when state = 'failed' then 'email' end, (select fulfillment.plan_id($1)), at + interval '5 minutes', at,
            case when state in ('failed', 'completed') then at + interval '2 seconds' end from made`,
    [fulfilPlan],
  );
  await client.query(
    `insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
     select id, 'fulfil@1', at from made where state in ('open', 'blocked')`,
  );
  await client.query(
    `insert into fulfillment.fulfillment_job_steps (job_id, step, state, attempts, reason, lease_token)
     select m.id, s.step, s.state, 1, s.reason, 1 from made m cross join lateral (values
       ('resolve_order', case when m.state = 'blocked' then 'blocked' else 'done' end,
        case when m.state = 'blocked' then 'unknown_product' end),
       ('entitlement', 'done', null), ('receipt', 'done', null),
       ('email', case when m.state = 'failed' then 'failed' else 'waiting' end, 'smtp_unreachable')) s(step, state, reason)
      where m.state <> 'completed' and (m.state <> 'blocked' or s.step = 'resolve_order')`,
  );
  await client.query(
    `insert into fulfillment.ebook_entitlements (id, payment_id, line_no, profile_id, product_id, product_version, formats, quantity, state)
     select m.id, m.id, 1, case when m.n % 5 = 0 then before.profile_id else m.profile_id end, 'the-book', '1',
            array['pdf'], 1, 'pending_claim'
       from made m join made before on before.n = greatest(1, m.n - 1) where m.state <> 'blocked'`,
  );
  await client.query(
    `insert into fulfillment.receipt_series (series, last_number) values ('R-2026', $1) on conflict do nothing`,
    [count],
  );
  await client.query(
    `insert into fulfillment.receipts (id, payment_id, series, number, document, issued_at)
     select id, id, 'R-2026', n, '{}', at from made where state <> 'blocked'`,
  );
  await client.query(
    `insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor, data)
     select m.id, seq, 'effect.done', 'worker:w1', '{"provider": "smtp"}'
       from made m cross join generate_series(1, 3) seq where m.at > $1::timestamptz - interval '20 days'`,
    [until],
  );
  await client.query('drop table made');
  await client.query(rows[0]?.indexdef ?? '');
  await client.query('set session_replication_role = default');
  await client.query('vacuum analyze');
}
