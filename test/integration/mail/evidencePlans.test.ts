import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvidenceDesk } from '../../../src/store/mail/evidenceDesk.ts';
import { createDeliveryWatch } from '../../../src/store/mail/evidenceStanding.ts';
import { type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';

const count = process.env['FULL'] === '1' ? 200_000 : 20_000;

/** A year of mails of one order, all taken and none heard of. */
const manyMails = `
insert into fulfillment.email_messages (id, logical_key, kind, payment_id, job_id, message_id, to_address, from_address,
       bytes_sha256, state, provider, reference, created_at, accepted_at, proven_at, delivery)
select overlay(fulfillment.uuid_v7_floor(x.at)::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, 'receipt:' || n,
       'receipt', $2, $3, '<' || n || '@books.test>', 'anna@readers.example', 'shop@books.test', sha256(n::text::bytea),
       'accepted', 'smtp', 'ref ' || n, x.at, x.at, x.at, 'accepted'
  from generate_series(1, $1::int) n
 cross join lateral (select clock_timestamp() - n * interval '1 year' / $1::int as at) x`;

const oneAttemptEach = `
insert into fulfillment.email_attempts (message_id, attempt, provider, lease_token, outcome, detail, finished_at)
select m.id, 1, 'smtp', 1, 'accepted', 'ok', m.accepted_at from fulfillment.email_messages m where m.reference like 'ref %'`;

let mails: MailedOrders;
let watching: pg.Pool;

beforeAll(async () => {
  mails = await openMailedOrders();
  watching = mails.poolAs('fulfillment_operations', 1);
  const { paymentId, jobId } = await mails.mailed({ state: 'queued', attempts: [] });
  await mails.rows(manyMails, [count, paymentId, jobId]);
  await mails.rows(oneAttemptEach);
  await mails.rows(
    `insert into fulfillment.mail_report_standings (provider, expected_since, answer_proves)
     values ('smtp', clock_timestamp() - interval '1 day', true)`,
  );
  await mails.rows('analyze fulfillment.email_messages, fulfillment.email_attempts');
}, 120_000);
afterAll(() => mails.stop());

/** Answers every statement with what it would read. */
function explaining(pool: pg.Pool) {
  const plans: string[] = [];
  const query = async (text: string, values: unknown[]) => {
    const { rows } = await pool.query<Record<string, string>>(`explain (costs off) ${text}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return pool.query(text, values);
  };
  return { plans, pool: { query } as unknown as pg.Pool };
}

describe(`what is looked for again and again among ${count} mails`, () => {
  it.each<[string, (pool: pg.Pool) => Promise<unknown>]>([
    ['receipts that fail', (pool) => createEvidenceDesk({ pool, linkPlans: [] }).failingReceipts(2)],
    ['mails that are put off', (pool) => createEvidenceDesk({ pool, linkPlans: [] }).delayed(1_000)],
    ['mails that nothing proves', (pool) => createEvidenceDesk({ pool, linkPlans: [] }).unproven(1_000)],
    ['mails that nothing is heard of', (pool) => createEvidenceDesk({ pool, linkPlans: [] }).unheard(1_000)],
  ])('is found without reading all of them: %s', async (_what, look) => {
    const { plans, pool } = explaining(mails.worker);
    await look(pool);
    expect(plans).toHaveLength(1);
    // Of `l`, the later mails of one payment, there are few anywhere but here.
    expect(plans[0]).toMatch(/Scan using email_messages_\w+ on email_messages m|on email_messages_awaiting/);
    expect(plans[0]).not.toMatch(/Seq Scan on email_(messages m|attempts)\b/);
  });

  it('is shown by the status of mails without reading all of them', async () => {
    const { plans, pool } = explaining(watching);
    const { lastDay } = await createDeliveryWatch(pool).read({ unprovenAfterMs: 1_000 });
    expect(lastDay.length).toBeGreaterThan(0);
    expect(plans.length).toBeGreaterThan(1);
    for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on email_(messages|attempts)\b/);
  });

  it('finds the mail of evidence by an index, whatever domain its Message-ID has', async () => {
    const { rows } = await mails.worker.query<Record<string, string>>(
      `explain (costs off) select m.id from fulfillment.email_messages m
        where split_part(m.message_id, '@', 1) = split_part('<77@renamed.example>', '@', 1)`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('email_messages_name');
  });
});
