import type { OwnedEbook, ShelfOwner } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** What the buyer owns and has not lost, with its files and what may be asked for; the latest purchase first. */
export async function listOwned(database: Database, owner: ShelfOwner): Promise<OwnedEbook[]> {
  const rows = await ask<Omit<OwnedEbook, 'mail'> & OwnedEbook['mail']>(
    database,
    `with owned as materialized (
            select e.id, e.payment_id, e.line_no, e.product_id, e.state, e.created_at
              from fulfillment.profiles owner
              join fulfillment.ebook_entitlements e on e.profile_id = owner.id
             where (owner.subject = $1 or (owner.state = 'pending_claim' and owner.id = fulfillment.profile_named($2)))
               and e.state <> 'revoked'),
          files as (
            select f.entitlement_id, jsonb_agg(jsonb_build_object(
                     'format', f.format, 'status', f.status, 'sizeBytes', f.size_bytes, 'lastDownloadAt', f.last_download_at)
                     order by f.no) as all
              from fulfillment.files_of(array(select o.id from owned o)) f
             group by f.entitlement_id),
          mails as (
            select p.id as payment_id, v.outcome, v.again_at
              from (select distinct o.payment_id as id from owned o) p
             cross join lateral fulfillment.fresh_mail_verdict(p.id) v)
     select o.id as "entitlementId",
            o.payment_id as "paymentId",
            o.product_id as "productId",
            p.title,
            p.language,
            o.state,
            f.all as files,
            o.created_at as "purchasedAt",
            r.document ->> 'orderId' as "orderId",
            r.id is not null as "hasReceipt",
            notes.issued as "creditNotes",
            m.outcome,
            m.again_at as "againAt"
       from owned o
       join fulfillment.catalog_products p on p.id = o.product_id
       join files f on f.entitlement_id = o.id
       join mails m on m.payment_id = o.payment_id
       left join fulfillment.receipts r on r.payment_id = o.payment_id
      cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'creditNoteId', c.id, 'kind', c.kind, 'series', c.series, 'number', c.number, 'issuedAt', c.issued_at)
                     order by c.issued_at, c.number), '[]') as issued
              from fulfillment.credit_notes c
             where c.payment_id = o.payment_id) notes
      order by o.payment_id desc, o.line_no`,
    [owner.subject, owner.canonicalEmail],
  );
  return rows.map(({ outcome, againAt, ...ebook }) => ({ ...ebook, mail: { outcome, againAt } }));
}
