import type pg from 'pg';
import type { CatalogImportStore } from '../../ports/catalogImport.ts';
import { clientOf, inTransaction } from '../transaction.ts';

export function createCatalogImportStore(pool: pg.Pool): CatalogImportStore {
  return {
    write: (entries) =>
      inTransaction(pool, async (tx) => {
        const client = clientOf(tx);
        const payload = [JSON.stringify(entries)];
        await client.query(upsertProducts, payload);
        await client.query(upsertPrices, payload);
        await client.query(upsertFiles, payload);
        const { rowCount } = await client.query(wakeBlocked);
        return { jobsWoken: rowCount ?? 0 };
      }),
  };
}

const recordset = `jsonb_to_recordset($1) x("productId" text, title text, language text, version text, prices jsonb, files jsonb)`;

const upsertProducts = `
insert into fulfillment.catalog_products as p (id, title, language, version)
select x."productId", x.title, x.language, x.version from ${recordset}
on conflict (id) do update set title = excluded.title, language = excluded.language, version = excluded.version,
   updated_at = clock_timestamp()
 where (p.title, p.language, p.version) is distinct from (excluded.title, excluded.language, excluded.version)`;

const upsertPrices = `
insert into fulfillment.catalog_prices (stripe_price_id, product_id, currency, unit_amount)
select pr."priceId", x."productId", pr.currency, pr."unitAmount"
  from ${recordset}, jsonb_to_recordset(x.prices) pr("priceId" text, currency text, "unitAmount" bigint)
on conflict (stripe_price_id) do update
   set product_id = excluded.product_id, currency = excluded.currency, unit_amount = excluded.unit_amount`;

const upsertFiles = `
insert into fulfillment.catalog_files as f (product_id, format, version, storage_key, size_bytes, sha256)
select x."productId", fi.format, x.version, fi."storageKey", fi."sizeBytes", fi.sha256
  from ${recordset}, jsonb_to_recordset(x.files) fi(format text, "storageKey" text, "sizeBytes" bigint, sha256 text)
on conflict (product_id, format, version) do update
   set size_bytes = excluded.size_bytes, sha256 = excluded.sha256, updated_at = clock_timestamp()
 where (f.size_bytes, f.sha256) is distinct from (excluded.size_bytes, excluded.sha256)`;

/** A new fact for jobs that wait for one: blocked steps and effects are due, and so is the job. */
const wakeBlocked = `
with blocked as (
  select d.job_id from fulfillment.fulfillment_dispatch d
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
)
update fulfillment.fulfillment_dispatch d
   set control_seq = d.control_seq + 1, due_at = case when d.worker is null then clock_timestamp() else d.due_at end
  from blocked where d.job_id = blocked.job_id`;
