import type { BookOwner, BookOwners } from '../../ports/bookUpdates.ts';
import { queryIn } from '../transaction.ts';

/**
 * Of an entitlement `e` beside a product and version `x`: it is one to a version that came in before, or that is not in
 * the catalogue any more. A version that is about to come in is later than all.
 */
export const olderVersionsOwned = `e.state <> 'revoked' and e.product_version <> x.version
  and coalesce((select min(f.imported_at) from fulfillment.catalog_files f
                 where f.product_id = e.product_id and f.version = e.product_version), '-infinity')
    < coalesce((select min(f.imported_at) from fulfillment.catalog_files f
                 where f.product_id = x.product_id and f.version = x.version), 'infinity')`;

export const bookOwners: BookOwners = {
  ownersOf: (tx, versions) =>
    queryIn<BookOwner & { newVersion: string; [column: string]: unknown }>(
      tx,
      `select e.id as "entitlementId", e.payment_id as "paymentId", e.line_no as "lineNo",
              e.product_id as "productId", e.product_version as version, e.formats, x.version as "newVersion"
         from unnest($1::text[], $2::text[]) x(product_id, version)
         join fulfillment.ebook_entitlements e on e.product_id = x.product_id
        where ${olderVersionsOwned}
        order by e.id`,
      [versions.map(({ productId }) => productId), versions.map(({ version }) => version)],
    ),
};
