import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBodies } from '../../../src/copies/bodies.ts';
import { createCopies } from '../../../src/copies/copies.ts';
import { wireFiles } from '../../../src/main/wireFiles.ts';
import { signUrlOf } from '../../../src/providers/localDisk/signedUrl.ts';
import { createCatalogStore } from '../../../src/store/catalog/catalogStore.ts';
import { createShelfStore } from '../../../src/store/shelf/shelfStore.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { createFixedClock } from '../../fakes/fixedClock.ts';
import { createMemoryMarkers } from '../../fakes/memoryMarkers.ts';
import { aPurchaseLine } from '../../fakes/memoryPayments.ts';

let stack: FulfilStack;
const clock = createFixedClock();

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('streamed-book', 'price_streamed'));
  await stack.importBooks(aBook('marked-book', 'price_marked'));
  // As an import with markers leaves it: what copies begin with, and what their tails are made of.
  const recipe = new Uint8Array(Buffer.from('recipe of pdf'));
  stack.files.objects.set('recipe', { bytes: recipe, contentType: 'application/octet-stream' });
  await stack.rows(
    `update fulfillment.catalog_files f set way = 'tail', reach = 'full', revision = 1, shared = jsonb_build_object(
        'body_key', f.storage_key, 'body_size_bytes', f.size_bytes, 'body_sha256', f.sha256,
        'recipe_key', 'recipe', 'recipe_size_bytes', $1::int, 'recipe_sha256', $2::text)
      where f.product_id = 'marked-book' and f.format = 'pdf'`,
    [recipe.byteLength, createHash('sha256').update(recipe).digest('hex')],
  );
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

/** What serves downloads, under the role of those who do. */
function serving() {
  const pool = stack.poolAs('fulfillment_shelf', 2);
  const bodies = createBodies({ store: stack.files, directory: null, maxBytes: 1e9, clock });
  const copies = createCopies({
    catalog: createCatalogStore(pool),
    bodies,
    markers: createMemoryMarkers(),
    markKey: new Uint8Array(32),
    shopName: 'Another name',
    rewritesMax: 2,
  });
  const files = wireFiles({
    files: stack.files,
    copies,
    shelf: createShelfStore(pool),
    signingKey,
    clock,
  });
  return { ...files, close: () => bodies.close() };
}

const signingKey = new Uint8Array(32).fill(3);
const signedUrl = (key: string) => {
  const expiresAtSeconds = Math.floor(clock.now().getTime() / 1000) + 60;
  return new URL(
    signUrlOf('https://shop.test', signingKey, {
      key,
      expiresAtSeconds,
      fileName: 'Book.pdf',
      contentType: 'application/pdf',
    }),
  );
};

async function download(key: string): Promise<string | undefined> {
  const { openCopy, close } = serving();
  const [row] = await stack.rows<{ kept: 'stored' | 'streamed'; sizeBytes: number; sha256: string }>(
    `select kept, size_bytes::int as "sizeBytes", sha256 from fulfillment.stored_files where storage_key = $1`,
    [key],
  );
  if (!row) throw new Error('There is no such copy.');
  const opened = await openCopy({ storageKey: key, ...row }, undefined);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened?.chunks ?? []) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  if (opened) expect(content.byteLength).toBe(row.sizeBytes);
  await close();
  return opened && content.toString();
}

describe('copies that are made while they are downloaded', () => {
  it.each([
    ['price_streamed', /^%PDF of streamed-book$/],
    ['price_marked', /^%PDF of marked-book\nMARK [0-9A-Z]{20} .*Jan Kowalski.*\n$/],
  ])('take no room in the store, and are there for whoever bought %s', async (priceId, content) => {
    const { buy } = stack.startFulfilling({ kept: 'streamed' });
    const bought = await buy({ checkout: { lines: [aPurchaseLine({ priceId })], total: 4900 } });
    await stack.untilState(bought.jobId, 'completed');
    const key = `copies/${bought.orderId}/1.pdf`;
    expect(stack.files.objects.has(key)).toBe(false);
    const [row] = await stack.rows<{ sha256: string; kept: string }>(
      'select sha256, kept from fulfillment.stored_files where storage_key = $1',
      [key],
    );
    const text = await download(key);
    expect(text).toMatch(content);
    expect(row).toEqual({
      kept: 'streamed',
      sha256: createHash('sha256')
        .update(text ?? '')
        .digest('hex'),
    });
  });

  it('are no other bytes than were promised', async () => {
    const { buy } = stack.startFulfilling({ kept: 'streamed' });
    const bought = await buy({
      checkout: { lines: [aPurchaseLine({ priceId: 'price_marked' })], total: 4900 },
    });
    await stack.untilState(bought.jobId, 'completed');
    await stack.rows(`update fulfillment.stored_files set sha256 = repeat('0', 64) where storage_key = $1`, [
      `copies/${bought.orderId}/1.pdf`,
    ]);
    expect(await download(`copies/${bought.orderId}/1.pdf`)).toBeUndefined();
  });

  it('stay what they were when their book is prepared anew, with other pages say', async () => {
    const { buy } = stack.startFulfilling({ kept: 'streamed' });
    const bought = await buy({
      checkout: { lines: [aPurchaseLine({ priceId: 'price_marked' })], total: 4900 },
    });
    await stack.untilState(bought.jobId, 'completed');
    const key = `copies/${bought.orderId}/1.pdf`;
    const text = await download(key);
    await stack.rows(
      `update fulfillment.catalog_files
          set shared = shared || '{"body_key": "ebooks/marked-book/1.0.0/shared-1-first.pdf", "body_sha256": "00"}'
        where shared is not null`,
    );
    expect(text).toBeDefined();
    expect(await download(key)).toBe(text);
  });

  it('are nobody’s without a URL of ours, and no way to what is stored', async () => {
    const { openSignedFile, close } = serving();
    const url = signedUrl('ebooks/marked-book/1.0.0/file.pdf');
    expect(await openSignedFile(url)).toBeUndefined();
    url.pathname = '/files/copies/AAAA-BBBB-CCCC/1.pdf';
    expect(await openSignedFile(url)).toBeUndefined();
    await close();
  });
});
