import type { OwnedEbook, ShelfOwner } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** What the buyer owns and has not lost, with the files that are stored for it; the latest purchase first. */
export function listOwned(database: Database, owner: ShelfOwner): Promise<OwnedEbook[]> {
  return ask<OwnedEbook>(
    database,
    `select e.id as "entitlementId",
            e.payment_id as "paymentId",
            e.product_id as "productId",
            p.title,
            p.language,
            e.state,
            e.formats,
            files.stored as "storedFiles",
            e.created_at as "purchasedAt",
            r.document ->> 'orderId' as "orderId",
            r.id is not null as "hasReceipt",
            notes.issued as "creditNotes",
            latest.at as "lastDownloadAt"
       from fulfillment.profiles owner
       join fulfillment.ebook_entitlements e on e.profile_id = owner.id
       join fulfillment.catalog_products p on p.id = e.product_id
       left join fulfillment.receipts r on r.payment_id = e.payment_id
      cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object('format', f.format, 'sizeBytes', f.size_bytes)), '[]') as stored
              from fulfillment.stored_files f
             where f.payment_id = e.payment_id and f.kind = 'copy' and f.line_no = e.line_no) files
      cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'creditNoteId', c.id, 'kind', c.kind, 'series', c.series, 'number', c.number, 'issuedAt', c.issued_at)
                     order by c.issued_at, c.number), '[]') as issued
              from fulfillment.credit_notes c
             where c.payment_id = e.payment_id) notes
      cross join lateral (
            select max(d.at) as at from fulfillment.downloads d where d.entitlement_id = e.id and not d.program) latest
      where (owner.subject = $1 or (owner.state = 'pending_claim' and owner.id = fulfillment.profile_named($2)))
        and e.state <> 'revoked'
      order by e.payment_id desc, e.line_no`,
    [owner.subject, owner.canonicalEmail],
  );
}
