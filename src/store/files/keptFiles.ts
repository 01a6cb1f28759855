import type pg from 'pg';
import type { Format } from '../../domain/effectKey.ts';
import type { CatalogReader, StandingFile } from '../../ports/catalogImport.ts';
import type { CopyRecord } from '../../ports/files.ts';
import type { StoredBody } from '../../ports/orders.ts';
import type { CatalogueFile, KeptFile, KeptFiles, OrderFile } from '../../ports/storageScrub.ts';
import { ask } from '../shelf/ask.ts';
import { orderOfFile } from './orderOfFile.ts';

/** What the database says is stored, over a pool of those who operate. */
export function createKeptFiles(pool: pg.Pool, catalog: Pick<CatalogReader, 'readCatalog'>): KeptFiles {
  async function ofCatalogue(since: Date | null): Promise<CatalogueFile[]> {
    const products = await catalog.readCatalog();
    return products
      .flatMap(({ productId, files }) =>
        files
          .filter(({ importedAt }) => since === null || importedAt >= since)
          .flatMap((file) => partsOf(productId, file)),
      )
      .toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  }

  const ordered = async (condition: string, values: unknown[]) =>
    (await ask<OrderFileRow>(pool, `${select} ${condition} ${order}`, values)).map(orderFileOf);

  return {
    ofCatalogue,
    ofOrders: ({ after, since, limit }) =>
      ordered(
        `where f.kept = 'stored' and ($1::uuid is null or f.id > $1) and ($2::timestamptz is null or f.stored_at >= $2)
         order by f.id limit $3`,
        [after, since, limit],
      ),
    ofPayment: (paymentId) =>
      ordered(`where f.kept = 'stored' and f.payment_id = $1 order by f.id`, [paymentId]),

    async isCurrent(file: KeptFile) {
      if (!('fileId' in file)) {
        const all = await ofCatalogue(null);
        return all.some(({ key, sha256 }) => key === file.key && sha256 === file.sha256);
      }
      const found = await ask(
        pool,
        `select from fulfillment.stored_files f
          where f.id = $1 and f.storage_key = $2 and f.sha256 = $3 and f.kept = 'stored'`,
        [file.fileId, file.key, file.sha256],
      );
      return found.length > 0;
    },
  };
}

function partsOf(productId: string, file: StandingFile): CatalogueFile[] {
  const { master, shared, version, format } = file;
  const about = { productId, version, format, book: file };
  const part = (kind: CatalogueFile['kind'], { key, sizeBytes, sha256 }: StoredBody): CatalogueFile => ({
    ...about,
    kind,
    key,
    sizeBytes,
    sha256,
  });
  return [
    part('master', master),
    // Where hidden marks alone are added, copies begin with the master itself.
    ...(shared && shared.body.key !== master.key ? [part('shared_body', shared.body)] : []),
    ...(shared ? [part('recipe', shared.recipe)] : []),
  ];
}

interface OrderFileRow {
  id: string;
  payment_id: string;
  kind: 'copy' | 'receipt';
  line_no: number;
  format: Format;
  version: string | null;
  storage_key: string;
  size_bytes: bigint;
  sha256: string;
  made: CopyRecord | null;
  order_id: string;
  job_id: string | null;
  buyer_name: string | null;
  product_id: string | null;
}

// The files of a page first: what belongs to each is looked up for these alone.
const select = `
with f as materialized (
  select f.id, f.payment_id, f.kind, f.line_no, f.format, f.version, f.storage_key, f.size_bytes, f.sha256, f.made
    from fulfillment.stored_files f`;
const order = `)
select f.*, coalesce(o.order_snapshot ->> 'orderId', p.order_id) as order_id, o.job_id,
       o.order_snapshot #>> '{buyer,name}' as buyer_name,
       coalesce(f.made ->> 'productId',
                (select e.product_id from fulfillment.ebook_entitlements e
                  where e.payment_id = f.payment_id and e.line_no = f.line_no)) as product_id
  from f
  join fulfillment.payments p on p.id = f.payment_id
  left join lateral (${orderOfFile}) o on true
 order by f.id`;

const orderFileOf = (row: OrderFileRow): OrderFile => ({
  kind: row.kind,
  fileId: row.id,
  paymentId: row.payment_id,
  orderId: row.order_id,
  jobId: row.job_id,
  lineNo: row.line_no,
  format: row.format,
  productId: row.product_id,
  version: row.version,
  record: row.made,
  buyerName: row.buyer_name,
  key: row.storage_key,
  sizeBytes: Number(row.size_bytes),
  sha256: row.sha256,
});
