import type pg from 'pg';
import { defaultMarking, type Marking, type MarkReach } from '../../domain/copyMark.ts';
import type { Format } from '../../domain/effectKey.ts';
import type { BookFinding, CopyWay } from '../../ports/bookMarking.ts';
import type { CatalogReader, StandingProduct } from '../../ports/catalogImport.ts';
import type { StoredBody } from '../../ports/orders.ts';
import { olderVersionsOwned } from './bookOwners.ts';

/** Of a pool that may look at jobs and entitlements: those who operate. */
export function createCatalogReader(pool: pg.Pool): CatalogReader {
  return {
    readCatalog: () => readCatalog(pool),
    async countOwners(versions) {
      const { rows } = await pool.query<{ product_id: string; owners: number }>(
        `select x.product_id, count(*)::int as owners
           from unnest($1::text[], $2::text[]) x(product_id, version)
           join fulfillment.ebook_entitlements e on e.product_id = x.product_id
          where ${olderVersionsOwned}
          group by 1`,
        [versions.map(({ productId }) => productId), versions.map(({ version }) => version)],
      );
      return new Map(rows.map((row) => [row.product_id, row.owners]));
    },
    async countBlocked() {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::int as count from fulfillment.fulfillment_jobs where attention = 'blocked'`,
      );
      return rows[0]?.count ?? 0;
    },
  };
}

interface ProductRow {
  id: string;
  title: string;
  language: string;
  version: string;
  stripe_product_id: string | null;
  marking: Partial<Marking>;
  updated_at: Date;
  prices: Array<{ id: string; currency: string; amount: number }> | null;
  files: FileJson[] | null;
}

interface FileJson {
  format: Format;
  version: string;
  imported_at: string;
  master: StoredBody;
  way: CopyWay;
  reach: MarkReach;
  revision: number;
  page_count: number | null;
  findings: BookFinding[];
  shared: { body: StoredBody; recipe: StoredBody } | null;
}

/** Every product with its prices and the files of all its versions, by id. A catalogue has hundreds, not millions. */
export async function readCatalog(client: Pick<pg.ClientBase, 'query'>): Promise<StandingProduct[]> {
  const { rows } = await client.query<ProductRow>(
    `select p.id, p.title, p.language, p.version, p.stripe_product_id, p.marking, p.updated_at,
            (select jsonb_agg(jsonb_build_object('id', pr.stripe_price_id, 'currency', pr.currency,
                      'amount', pr.unit_amount) order by pr.currency, pr.stripe_price_id)
               from fulfillment.catalog_prices pr where pr.product_id = p.id) as prices,
            (select jsonb_agg(jsonb_build_object('format', f.format, 'version', f.version,
                      'imported_at', f.imported_at, 'way', f.way, 'reach', f.reach, 'revision', f.revision,
                      'page_count', f.page_count, 'findings', f.findings,
                      'master', jsonb_build_object('key', f.storage_key, 'sizeBytes', f.size_bytes, 'sha256', f.sha256),
                      'shared', case when f.shared is not null then jsonb_build_object(
                        'body', jsonb_build_object('key', f.shared->'body_key',
                          'sizeBytes', f.shared->'body_size_bytes', 'sha256', f.shared->'body_sha256'),
                        'recipe', jsonb_build_object('key', f.shared->'recipe_key',
                          'sizeBytes', f.shared->'recipe_size_bytes', 'sha256', f.shared->'recipe_sha256')) end)
                      order by f.imported_at, f.format desc)
               from fulfillment.catalog_files f where f.product_id = p.id) as files
       from fulfillment.catalog_products p order by p.id`,
  );
  return rows.map((row) => ({
    productId: row.id,
    title: row.title,
    language: row.language,
    version: row.version,
    stripeProductId: row.stripe_product_id,
    marking: { ...defaultMarking, ...row.marking },
    updatedAt: row.updated_at,
    prices: (row.prices ?? []).map(({ id, currency, amount }) => ({
      priceId: id,
      currency,
      unitAmount: amount,
    })),
    files: (row.files ?? []).map(({ page_count: pageCount, imported_at: importedAt, ...file }) => ({
      ...file,
      pageCount,
      importedAt: new Date(importedAt),
    })),
  }));
}
