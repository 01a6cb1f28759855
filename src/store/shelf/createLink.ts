import type { NewLink } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** A new link of the shelf, unless the entitlement was taken back in the meantime. */
export async function createLink(
  database: Database,
  link: NewLink,
): Promise<{ linkId: string; expiresAt: Date } | undefined> {
  const [row] = await ask<{ linkId: string; expiresAt: Date }>(
    database,
    `insert into fulfillment.download_links (entitlement_id, format, origin, expires_at)
     select e.id, $2, 'shelf', clock_timestamp() + make_interval(secs => $3)
       from fulfillment.ebook_entitlements e
      where e.id = $1 and e.state in ('active', 'pending_claim')
     returning id as "linkId", expires_at as "expiresAt"`,
    [link.entitlementId, link.format, link.validForSeconds],
  );
  return row;
}
