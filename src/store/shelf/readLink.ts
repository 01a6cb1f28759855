import type { LinkTarget } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** A link with everything a click depends on, as of this moment. */
export async function readLink(database: Database, linkId: string): Promise<LinkTarget | undefined> {
  const [row] = await ask<LinkTarget>(
    database,
    `select l.id as "linkId",
            l.entitlement_id as "entitlementId",
            l.format,
            l.expires_at <= clock_timestamp() as expired,
            e.state,
            p.title,
            owner.language,
            case when f.id is not null then jsonb_build_object(
              'storageKey', f.storage_key, 'kept', f.kept, 'sizeBytes', f.size_bytes, 'sha256', f.sha256) end as file
       from fulfillment.download_links l
       join fulfillment.ebook_entitlements e on e.id = l.entitlement_id
       join fulfillment.profiles owner on owner.id = e.profile_id
       join fulfillment.catalog_products p on p.id = e.product_id
       left join fulfillment.stored_files f
              on f.payment_id = e.payment_id and f.kind = 'copy' and f.line_no = e.line_no and f.format = l.format
      where l.id = $1 and owner.erased_at is null`,
    [linkId],
  );
  return row;
}
