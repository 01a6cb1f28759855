import type { CountedDownload } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

/** Counts a click of a person as a download. */
export async function recordDownload(database: Database, download: CountedDownload): Promise<void> {
  await ask(
    database,
    `insert into fulfillment.downloads (link_id, entitlement_id, format, storage_key, client_hash)
     values ($1, $2, $3, $4, $5)`,
    [download.linkId, download.entitlementId, download.format, download.storageKey, download.clientHash],
  );
}
