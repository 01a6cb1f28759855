import type pg from 'pg';
import type { Format } from '../../domain/effectKey.ts';
import type { CatalogStore } from '../../ports/orders.ts';

export function createCatalogStore(pool: pg.Pool): CatalogStore {
  return {
    async findByPrices(priceIds) {
      const { rows } = await pool.query<{
        stripe_price_id: string;
        currency: string;
        unit_amount: bigint;
        id: string;
        title: string;
        version: string;
        formats: Format[];
      }>(
        `select pr.stripe_price_id, pr.currency, pr.unit_amount, p.id, p.title, p.version,
                array(select f.format from fulfillment.catalog_files f
                       where f.product_id = p.id and f.version = p.version order by f.format desc) as formats
           from fulfillment.catalog_prices pr
           join fulfillment.catalog_products p on p.id = pr.product_id
          where pr.stripe_price_id = any($1)`,
        [priceIds],
      );
      return rows.map((row) => ({
        priceId: row.stripe_price_id,
        currency: row.currency,
        unitAmount: Number(row.unit_amount),
        productId: row.id,
        title: row.title,
        version: row.version,
        formats: row.formats,
      }));
    },

    async readFile(productId, version, format) {
      const { rows } = await pool.query<{
        version: string;
        storage_key: string;
        size_bytes: bigint;
        sha256: string;
      }>(
        `select version, storage_key, size_bytes, sha256 from fulfillment.catalog_files
          where product_id = $1 and version = $2 and format = $3`,
        [productId, version, format],
      );
      const row = rows[0];
      return (
        row && {
          format,
          version: row.version,
          storageKey: row.storage_key,
          sizeBytes: Number(row.size_bytes),
          sha256: row.sha256,
        }
      );
    },
  };
}
