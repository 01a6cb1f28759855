import type pg from 'pg';
import type { CatalogControl, CatalogEntry, CatalogImportStore } from '../../ports/catalogImport.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { clientOf, inTransaction } from '../transaction.ts';
import { readCatalog } from './readCatalog.ts';

export function createCatalogImportStore(pool: pg.Pool): CatalogImportStore {
  return { write: (entries) => inTransaction(pool, (tx) => write(tx, entries)) };
}

export const catalogControl: CatalogControl = {
  async lockCatalog(tx) {
    // Until the transaction ends; buyers' jobs only read the catalogue and never wait for it.
    await clientOf(tx).query(`select pg_advisory_xact_lock(hashtextextended('fulfillment.catalog', 0))`);
    return readCatalog(clientOf(tx));
  },
  write,
};

async function write(tx: Transaction, entries: CatalogEntry[]): Promise<{ jobsWoken: number }> {
  const client = clientOf(tx);
  const payload = [JSON.stringify(entries)];
  await client.query(upsertProducts, payload);
  await client.query(upsertPrices, payload);
  await client.query(upsertFiles, payload);
  const { rows } = await client.query<{ woken: number }>(wakeBlocked);
  return { jobsWoken: rows[0]?.woken ?? 0 };
}

const recordset = `jsonb_to_recordset($1) x("productId" text, title text, language text, version text,
  "stripeProductId" text, marking jsonb, prices jsonb, files jsonb)`;

const upsertProducts = `
insert into fulfillment.catalog_products as p (id, title, language, version, stripe_product_id, marking)
select x."productId", x.title, x.language, x.version, x."stripeProductId", x.marking from ${recordset} order by 1
on conflict (id) do update set title = excluded.title, language = excluded.language, version = excluded.version,
   stripe_product_id = coalesce(excluded.stripe_product_id, p.stripe_product_id), marking = excluded.marking,
   updated_at = clock_timestamp()
 where (p.title, p.language, p.version, p.stripe_product_id, p.marking) is distinct from (excluded.title,
   excluded.language, excluded.version, coalesce(excluded.stripe_product_id, p.stripe_product_id), excluded.marking)`;

const upsertPrices = `
insert into fulfillment.catalog_prices as p (stripe_price_id, product_id, currency, unit_amount)
select pr."priceId", x."productId", pr.currency, pr."unitAmount"
  from ${recordset}, jsonb_to_recordset(x.prices) pr("priceId" text, currency text, "unitAmount" bigint) order by 1
on conflict (stripe_price_id) do update
   set product_id = excluded.product_id, currency = excluded.currency, unit_amount = excluded.unit_amount
 where (p.product_id, p.currency, p.unit_amount) is distinct from (excluded.product_id, excluded.currency, excluded.unit_amount)`;

const upsertFiles = `
insert into fulfillment.catalog_files as f (product_id, format, version, storage_key, size_bytes, sha256, way, reach,
       revision, page_count, findings, shared)
select x."productId", fi.format, x.version, fi.master->>'key', (fi.master->>'sizeBytes')::bigint, fi.master->>'sha256',
       fi.way, fi.reach, fi.revision, fi."pageCount", fi.findings,
       case when jsonb_typeof(fi.shared) = 'object' then jsonb_build_object(
         'body_key', fi.shared->'body'->'key', 'body_size_bytes', fi.shared->'body'->'sizeBytes',
         'body_sha256', fi.shared->'body'->'sha256', 'recipe_key', fi.shared->'recipe'->'key',
         'recipe_size_bytes', fi.shared->'recipe'->'sizeBytes', 'recipe_sha256', fi.shared->'recipe'->'sha256') end
  from ${recordset}, jsonb_to_recordset(x.files) fi(format text, master jsonb, way text, reach text, revision int,
       "pageCount" int, findings jsonb, shared jsonb) order by 1, 2
on conflict (product_id, format, version) do update
   set size_bytes = excluded.size_bytes, sha256 = excluded.sha256, way = excluded.way, reach = excluded.reach,
       revision = excluded.revision, page_count = excluded.page_count, findings = excluded.findings,
       shared = excluded.shared, updated_at = clock_timestamp()
 where (f.size_bytes, f.sha256, f.way, f.reach, f.revision, f.page_count, f.findings, f.shared) is distinct from
       (excluded.size_bytes, excluded.sha256, excluded.way, excluded.reach, excluded.revision, excluded.page_count,
        excluded.findings, excluded.shared)`;

/** A new fact for jobs that wait for one: blocked steps and effects are due, and so is the job. */
const wakeBlocked = `
with blocked as (
  select d.job_id, j.attention from fulfillment.fulfillment_dispatch d
    join fulfillment.fulfillment_jobs j on j.id = d.job_id
   where j.attention = 'blocked' or d.worker is not null
   order by d.job_id
     for update of d
), steps as (
  update fulfillment.fulfillment_job_steps s set due_at = clock_timestamp()
    from blocked where s.job_id = blocked.job_id and s.state = 'blocked'
), effects as (
  update fulfillment.fulfillment_job_effects e set due_at = clock_timestamp()
    from blocked where e.job_id = blocked.job_id and e.state = 'blocked'
), woken as (
  update fulfillment.fulfillment_dispatch d
     set control_seq = d.control_seq + 1, due_at = case when d.worker is null then clock_timestamp() else d.due_at end
    from blocked where d.job_id = blocked.job_id
)
select count(*) filter (where attention = 'blocked')::int as woken from blocked`;
