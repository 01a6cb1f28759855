import type pg from 'pg';
import type { Format } from '../../domain/effectKey.ts';
import { defaultMarking, type Marking, type MarkReach } from '../../domain/copyMark.ts';
import type { CopyWay } from '../../ports/bookMarking.ts';
import type { CatalogFile, CatalogStore } from '../../ports/orders.ts';

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
      const { rows } = await pool.query<FileRow>(
        `select f.version, f.storage_key, f.size_bytes, f.sha256, f.way, f.reach, f.revision, f.shared, p.marking
           from fulfillment.catalog_files f
           join fulfillment.catalog_products p on p.id = f.product_id
          where f.product_id = $1 and f.version = $2 and f.format = $3`,
        [productId, version, format],
      );
      const row = rows[0];
      return row && fileOf(format, row);
    },
  };
}

interface FileRow {
  version: string;
  storage_key: string;
  size_bytes: bigint;
  sha256: string;
  way: CopyWay;
  reach: MarkReach;
  revision: number;
  shared: SharedColumns | null;
  marking: Partial<Marking>;
}

interface SharedColumns {
  body_key: string;
  body_size_bytes: number;
  body_sha256: string;
  recipe_key: string;
  recipe_size_bytes: number;
  recipe_sha256: string;
}

function fileOf(format: Format, row: FileRow): CatalogFile {
  const { shared } = row;
  return {
    format,
    version: row.version,
    master: { key: row.storage_key, sizeBytes: Number(row.size_bytes), sha256: row.sha256 },
    way: row.way,
    reach: row.reach,
    revision: row.revision,
    shared: shared && {
      body: { key: shared.body_key, sizeBytes: shared.body_size_bytes, sha256: shared.body_sha256 },
      recipe: { key: shared.recipe_key, sizeBytes: shared.recipe_size_bytes, sha256: shared.recipe_sha256 },
    },
    marking: { ...defaultMarking, ...row.marking },
  };
}
