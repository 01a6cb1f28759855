import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { copyStorageKey, type Format } from '../../src/domain/effectKey.ts';
import type { EntitlementState } from '../../src/domain/entitlement.ts';
import type { CreditNoteKind } from '../../src/ports/settling.ts';
import { fulfilPlan } from '../../src/steps/plans.ts';

export interface OwnedEbookSpec {
  email?: string;
  /** The identity provider's subject that claimed the profile; null: a guest's. */
  subject?: string | null;
  language?: 'en' | 'pl';
  title?: string;
  state?: EntitlementState;
  formats?: Format[];
  /** Formats whose copy is stored; by default all of them, or none while processing. */
  stored?: Format[];
  storedBytes?: Uint8Array;
  receipt?: boolean;
}

export interface OwnedEbookRow {
  email: string;
  orderId: string;
  paymentId: string;
  profileId: string;
  productId: string;
  entitlementId: string;
  storageKey(format: Format): string;
}

/** Writes one bought ebook with all that belongs to it, as a superuser. Names are unique unless given. */
export async function insertOwnedEbook(admin: pg.Pool, spec: OwnedEbookSpec = {}): Promise<OwnedEbookRow> {
  const mark = randomUUID().slice(0, 13);
  const { email = `buyer-${mark}@example.com`, state = 'active', formats = ['pdf', 'epub'] } = spec;
  const orderId = `ORD-${mark}`;
  const productId = `book-${mark}`;

  const one = async (text: string, values: unknown[]): Promise<string> => {
    const { rows } = await admin.query<{ id: string }>(text, values);
    return rows[0]?.id ?? '';
  };
  const paymentId = await one(
    `insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid)
     values ($1, $1, $2, false, true) returning id`,
    [`pi_${mark}`, orderId],
  );
  await admin.query(`insert into fulfillment.catalog_products (id, title, version) values ($1, $2, '1')`, [
    productId,
    spec.title ?? 'The Quiet Harbour',
  ]);
  const subject = spec.subject ?? null;
  const profileId = await one(
    `insert into fulfillment.profiles (canonical_email, email, language, state, subject) values ($1, $1, $2, $3, $4)
     on conflict (canonical_email) do update set updated_at = clock_timestamp() returning id`,
    [email, spec.language ?? 'en', subject === null ? 'pending_claim' : 'claimed', subject],
  );
  const entitlementId = await one(
    `insert into fulfillment.ebook_entitlements
       (payment_id, line_no, profile_id, product_id, product_version, formats, quantity, state)
     values ($1, 1, $2, $3, '1', $4, 1, $5) returning id`,
    [paymentId, profileId, productId, formats, state],
  );

  const storageKey = (format: Format) => copyStorageKey(orderId, 1, format);
  const bytes = spec.storedBytes ?? new Uint8Array([1]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  for (const format of spec.stored ?? (state === 'processing' ? [] : formats)) {
    await admin.query(
      `insert into fulfillment.stored_files (payment_id, kind, line_no, format, storage_key, size_bytes, sha256)
       values ($1, 'copy', 1, $2, $3, $4, $5)`,
      [paymentId, format, storageKey(format), bytes.length, sha256],
    );
  }
  if (spec.receipt ?? true) await insertReceipt(admin, paymentId, orderId);
  return { email, orderId, paymentId, profileId, productId, entitlementId, storageKey };
}

async function insertReceipt(admin: pg.Pool, paymentId: string, orderId: string): Promise<void> {
  await admin.query(
    `with series as (
       insert into fulfillment.receipt_series (series, last_number) values ('R-2026', 1)
       on conflict (series) do update set last_number = fulfillment.receipt_series.last_number + 1
       returning last_number)
     insert into fulfillment.receipts (payment_id, series, number, document, issued_at)
     select $1, 'R-2026', last_number, jsonb_build_object('orderId', $2::text), clock_timestamp() from series`,
    [paymentId, orderId],
  );
}

/** The job of the purchase's order; its id. */
export async function insertOpenJob(
  admin: pg.Pool,
  { paymentId }: Pick<OwnedEbookRow, 'paymentId'>,
  state = 'open',
): Promise<string> {
  const { rows } = await admin.query<{ id: string }>(
    `insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, order_snapshot, state, sla_deadline, reason, held_at, finished_at)
     values ('fulfil', $1, fulfillment.plan_id($2), '{}', $3, clock_timestamp(), 'r',
             case when $3 = 'held' then clock_timestamp() end,
             case when $3 in ('failed', 'completed', 'cancelled') then clock_timestamp() end) returning id`,
    [paymentId, JSON.stringify(fulfilPlan), state],
  );
  return rows[0]?.id ?? '';
}

/** A credit note of the purchase, whose document says no more than its refund. */
export async function insertCreditNote(
  admin: pg.Pool,
  { paymentId }: Pick<OwnedEbookRow, 'paymentId'>,
  { kind = 'credit', refundId = `re_${randomUUID().replaceAll('-', '')}` }: CreditNoteSpec = {},
): Promise<{ id: string; series: string; number: number; refundId: string }> {
  const { rows } = await admin.query<{ id: string; series: string; number: bigint }>(
    `with series as (
       insert into fulfillment.receipt_series (series, last_number) values ('C-2026', 1)
       on conflict (series) do update set last_number = fulfillment.receipt_series.last_number + 1
       returning last_number)
     insert into fulfillment.credit_notes
       (payment_id, receipt_id, refund_id, kind, amount, series, number, document, issued_at)
     select r.payment_id, r.id, $2, $3, 100, 'C-2026', last_number, jsonb_build_object('refundId', $2::text), clock_timestamp()
       from series, fulfillment.receipts r
      where r.payment_id = $1
     returning id, series, number`,
    [paymentId, refundId, kind],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('A credit note needs a receipt.');
  return { ...row, number: Number(row.number), refundId };
}

interface CreditNoteSpec {
  kind?: CreditNoteKind;
  refundId?: string;
}

/** A link as it would stand in a mail. */
export async function insertMailLink(
  admin: pg.Pool,
  ebook: OwnedEbookRow,
  options: { format?: Format; expiresInSeconds?: number } = {},
): Promise<string> {
  const { rows } = await admin.query<{ id: string }>(
    `insert into fulfillment.download_links (entitlement_id, format, origin, mail_key, expires_at)
     values ($1, $2, 'mail', $3, clock_timestamp() + make_interval(secs => $4)) returning id`,
    [
      ebook.entitlementId,
      options.format ?? 'pdf',
      `receipt:${ebook.orderId}`,
      options.expiresInSeconds ?? 3600,
    ],
  );
  return rows[0]?.id ?? '';
}
