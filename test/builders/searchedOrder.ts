import { randomUUID } from 'node:crypto';
import type { Plan } from '../../src/domain/plan.ts';
import { fulfilPlan } from '../../src/steps/plans.ts';
import type { TestPools } from './testPools.ts';

export interface SearchedOrder {
  /** When it was accepted. */
  at?: Date;
  state?: string;
  reason?: string;
  failedStep?: string;
  /** Steps that have rows: `done`, or `waiting 2 timeout` for two attempts of which the last ended so. */
  steps?: Record<string, string>;
  plan?: Plan;
  email?: string;
  name?: string;
  amount?: number;
  currency?: string;
  facts?: Record<string, unknown>;
  /** Its number in the series R-2026. */
  receipt?: number;
  mail?: 'accepted' | 'refused' | 'repeated';
  mailUnproven?: boolean;
  downloaded?: boolean;
  entitlement?: string;
  /** How many lines it has; one, unless it says otherwise. */
  books?: number;
  stored?: boolean;
  finding?: boolean;
}

const orderIds = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function newOrderId(): string {
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  const text = Array.from(bytes.subarray(4, 16), (byte) => orderIds[byte % 32]).join('');
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}`;
}

const productId = 'the-searched-book';

/** Writes one order in the state that a test wants to find, as a superuser, and returns what names it. */
export async function insertSearchedOrder(pools: TestPools, order: SearchedOrder = {}) {
  const { at = new Date(), state = 'completed', plan = fulfilPlan } = order;
  const orderId = newOrderId();
  const paymentKey = `pi_${randomUUID().replaceAll('-', '')}`;
  const id = `${at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')}-7${randomUUID().slice(15)}`;
  const run = (text: string, values: unknown[]) => pools.rows<{ id: string }>(text, values);

  await run(
    `insert into fulfillment.payments (id, payment_key, payment_intent_id, checkout_session_id, order_id, livemode, paid, currency, amount, facts, created_at)
     values ($1, $2, $2, $3, $4, false, true, $5, $6, $7, $8)`,
    [
      id,
      paymentKey,
      paymentKey.replace('pi_', 'cs_test_'),
      orderId,
      order.currency ?? 'pln',
      order.amount ?? 4900,
      order.facts ?? {},
      at,
    ],
  );
  await run(
    `insert into fulfillment.fulfillment_jobs
       (id, kind, payment_id, state, reason, failed_step, plan_id, mail_unproven, sla_deadline, created_at, finished_at, held_at)
     values ($1, 'fulfil', $1, $2, $3, $4, fulfillment.plan_id($5), $6, $7::timestamptz + interval '5 minutes', $7,
             case when $2 in ('failed', 'completed', 'cancelled') then $7::timestamptz end,
             case when $2 = 'held' then $7::timestamptz end)`,
    [id, state, order.reason ?? null, order.failedStep ?? null, plan, order.mailUnproven ?? false, at],
  );
  if (['open', 'blocked', 'held'].includes(state)) {
    await run(
      `insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at) values ($1, 'fulfil@1', $2)`,
      [id, at],
    );
  }
  for (const [step, text] of Object.entries(order.steps ?? {})) {
    const [stepState, attempts = '1', reason = null] = text.split(' ');
    await run(
      `insert into fulfillment.fulfillment_job_steps (job_id, step, state, attempts, reason, lease_token) values ($1, $2, $3, $4, $5, 1)`,
      [id, step, stepState, attempts, reason],
    );
  }
  if (order.email !== undefined) await insertBuyer(run, id, { ...order, email: order.email });
  if (order.receipt !== undefined) {
    await run(
      `with series as (insert into fulfillment.receipt_series (series) values ('R-2026') on conflict do nothing)
       insert into fulfillment.receipts (payment_id, series, number, document, issued_at) values ($1, 'R-2026', $2, '{}', $3)`,
      [id, order.receipt, at],
    );
  }
  if (order.mail) await insertMail(run, id, order.mail);
  if (order.stored) {
    await run(
      `insert into fulfillment.stored_files (payment_id, kind, line_no, format, storage_key, size_bytes, sha256)
       values ($1, 'copy', 1, 'pdf', $2, 1, repeat('0', 64))`,
      [id, `copies/${orderId}/1.pdf`],
    );
  }
  if (order.finding) {
    await run(
      `with run as (insert into fulfillment.reconciliation_runs (day) values (current_date) returning id)
       insert into fulfillment.reconciliation_findings (run_id, last_run_id, kind, subject_key, payment_id)
       select id, id, 'receipt_missing', $2, $1 from run`,
      [id, paymentKey],
    );
  }
  return { jobId: id, orderId, paymentKey, sessionId: paymentKey.replace('pi_', 'cs_test_') };
}

type Run = (text: string, values: unknown[]) => Promise<Array<{ id: string }>>;

async function insertBuyer(
  run: Run,
  paymentId: string,
  order: SearchedOrder & { email: string },
): Promise<void> {
  await run(
    `insert into fulfillment.catalog_products (id, title, version) values ($1, 'The book', '1') on conflict do nothing`,
    [productId],
  );
  const [profile] = await run(
    `insert into fulfillment.profiles (canonical_email, email, name) values (lower($1), $1, $2)
     on conflict (canonical_email) do update set updated_at = clock_timestamp() returning id`,
    [order.email, order.name ?? null],
  );
  const [entitlement] = await run(
    `insert into fulfillment.ebook_entitlements (payment_id, line_no, profile_id, product_id, product_version, formats, quantity, state)
     select $1, line_no, $2, $3, '1', array['pdf'], 1, $4 from generate_series(1, $5) line_no returning id`,
    [paymentId, profile?.id, productId, order.entitlement ?? 'pending_claim', order.books ?? 1],
  );
  if (!order.downloaded) return;
  await run(
    `with link as (
       insert into fulfillment.download_links (entitlement_id, format, origin, expires_at)
       values ($1, 'pdf', 'shelf', clock_timestamp()) returning id)
     insert into fulfillment.downloads (link_id, entitlement_id, format, storage_key) select id, $1, 'pdf', 'x' from link`,
    [entitlement?.id],
  );
}

async function insertMail(
  run: Run,
  paymentId: string,
  mail: NonNullable<SearchedOrder['mail']>,
): Promise<void> {
  await run(
    `insert into fulfillment.email_messages
       (logical_key, kind, payment_id, message_id, to_address, from_address, bytes, bytes_sha256, state, ambiguities, provider, accepted_at)
     values ('receipt:' || $1::text, 'receipt', $1::uuid, $1::text, 'x', 'y', 'z', 'z', $2, $3,
             case when $2 = 'accepted' then 'smtp' end, case when $2 = 'accepted' then clock_timestamp() end)`,
    [paymentId, mail === 'repeated' ? 'accepted' : mail, mail === 'repeated' ? 1 : 0],
  );
}
