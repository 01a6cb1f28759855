import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { analyticsFault, smtpFault, stripeFaults } from '../../acceptance/shop.ts';
import type { World } from './world.ts';

/** What was not bought, but is there to be bought. */
const lasting = ['catalog_products', 'catalog_prices', 'catalog_files'];

/**
 * Empties the product's tables and files and what the vendors have noted. The product must not run. What staff did stays:
 * an audit that was emptied would rightly be told as tampered with.
 */
export async function forgetAll(world: World): Promise<void> {
  const { sqlAsAdmin, vendorSql, places } = world;
  await Promise.all([
    stripeFaults(world, {}),
    smtpFault(world, { mode: 'none' }),
    analyticsFault(world, { mode: 'none' }),
  ]);
  await sqlAsAdmin(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where usename like 'fulfillment\\_%' and datname = current_database()`,
  );
  const tables = await sqlAsAdmin<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('fulfillment', 'drill') and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> all($1) and c.relname not like 'ops\\_%'`,
    [lasting],
  );
  // What may only be appended to is guarded by triggers, which are off for a replica.
  await sqlAsAdmin(
    `begin; set local session_replication_role = replica;
     truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade; commit`,
  );
  await vendorSql(
    `truncate stripe_sandbox.deliveries, stripe_sandbox.settlements, analytics_sandbox.events, inbox_sandbox.mails;
     delete from stripe_sandbox.objects where type = 'event'`,
  );
  for (const kind of ['copies', 'receipts', '.incoming'])
    await rm(join(places.storageDirectory, kind), { recursive: true, force: true });
  await writeFile(places.logFile, '');
  world.forgetStderr();
}
