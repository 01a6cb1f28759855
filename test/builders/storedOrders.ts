import { createHash } from 'node:crypto';
import { storageDuties, type StorageDutiesOptions } from '../../src/main/storageDuties.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';
import { createMemoryMarkers } from '../fakes/memoryMarkers.ts';
import { aPurchaseLine } from '../fakes/memoryPayments.ts';
import { urlAs } from '../setup/database.ts';
import { runOperators } from './commandLine.ts';
import { buildConfig } from './config.ts';
import { aBook, startFulfilStack } from './fulfilStack.ts';
import { createPlainReceipts } from './plainReceipts.ts';
import { staffAudience, startStaffStack } from './staffStack.ts';

/** Orders with stored files, and staff who may look after them from the command line. */
export async function startStoredOrders() {
  const staff = await startStaffStack();
  const shop = await startFulfilStack({ database: staff.pools.database });
  await shop.importBooks(aBook('marked-book', 'price_marked'));
  // As an import with markers leaves it: what copies begin with, and what their tails are made of.
  const recipe = new Uint8Array(Buffer.from('recipe of pdf'));
  shop.files.objects.set('recipe', { bytes: recipe, contentType: 'application/octet-stream' });
  await shop.rows(
    `update fulfillment.catalog_files f set way = 'tail', reach = 'full', revision = 1, shared = jsonb_build_object(
        'body_key', f.storage_key, 'body_size_bytes', f.size_bytes, 'body_sha256', f.sha256,
        'recipe_key', 'recipe', 'recipe_size_bytes', $1::int, 'recipe_sha256', $2::text)
      where f.format = 'pdf'`,
    [recipe.byteLength, createHash('sha256').update(recipe).digest('hex')],
  );

  async function buy() {
    const selling = shop.startFulfilling();
    const line = aPurchaseLine({ priceId: 'price_marked' });
    const bought = await selling.buy({ checkout: { lines: [line], total: 4900 } });
    await shop.untilState(bought.jobId, 'completed');
    await selling.stop();
    return bought;
  }

  return {
    ...shop,
    staff,
    buy,
    /** The bytes under a key, as text. */
    content: (key: string) => Buffer.from(shop.files.objects.get(key)?.bytes ?? []).toString(),
    keys: () => [...shop.files.objects.keys()].toSorted(),
    damage(key: string, change: (bytes: Uint8Array) => Uint8Array) {
      const object = shop.files.objects.get(key);
      if (!object) throw new Error(`Nothing is stored as ${key}.`);
      shop.files.objects.set(key, { ...object, bytes: change(object.bytes.slice()) });
    },

    /** A command over the service's own configuration, as somebody of the staff. */
    async run(
      words: string,
      more: Partial<StorageDutiesOptions> & { email?: string; store?: FileStore } = {},
    ) {
      const { email = 'admin@staff.example', store = shop.files, ...parts } = more;
      const config = buildConfig();
      const accessToken = await staff.token(email);
      const duties = storageDuties({
        readServiceConfig: () => ({
          ...config,
          staff: { ...config.staff!, issuer: staff.issuer, audience: staffAudience },
          database: {
            ...config.database,
            operationsUrl: urlAs(staff.pools.database, 'fulfillment_operations'),
          },
          copies: { ...config.copies, cacheDirectory: null },
        }),
        accessTokenFor: () => async () => accessToken,
        markers: createMemoryMarkers(),
        createStore: () => store,
        createRenderer: () => createPlainReceipts(),
        clock: { sleep: async () => undefined, elapsedMs: () => performance.now() },
        ...parts,
      });
      return runOperators(words, { duties: { storage: () => duties } });
    },

    async stop() {
      await shop.stop();
      await staff.stop();
    },
  };
}

export type StoredOrders = Awaited<ReturnType<typeof startStoredOrders>>;
