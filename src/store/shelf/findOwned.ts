import type { EntitlementSummary, ShelfOwner } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** One entitlement of this owner, revoked ones too; undefined when there is none or it is somebody else's. */
export async function findOwned(
  database: Database,
  owner: ShelfOwner,
  entitlementId: string,
): Promise<EntitlementSummary | undefined> {
  const [row] = await ask<EntitlementSummary>(
    database,
    `select e.id as "entitlementId", e.state, e.formats
       from fulfillment.ebook_entitlements e
       join fulfillment.profiles owner on owner.id = e.profile_id
      where e.id = $3
        and (owner.subject = $1 or (owner.state = 'pending_claim' and owner.id = fulfillment.profile_named($2)))`,
    [owner.subject, owner.canonicalEmail, entitlementId],
  );
  return row;
}
