import { createHash } from 'node:crypto';
import { putNew } from '../../src/catalog/storing.ts';
import { bookContentTypes } from '../../src/domain/bookContentTypes.ts';
import { defaultMarking } from '../../src/domain/copyMark.ts';
import { type Format, masterStorageKey } from '../../src/domain/effectKey.ts';
import { bodyOf } from '../../src/domain/fileBody.ts';
import type { CatalogEntry, CatalogImportStore } from '../../src/ports/catalogImport.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';

export interface PlainBook {
  productId: string;
  title: string;
  language: string;
  version: string;
  prices: Array<{ priceId: string; currency: string; unitAmount: number }>;
  files: Array<{ format: Format; bytes: Uint8Array }>;
}

const unmarked = {
  way: 'plain',
  reach: 'none',
  revision: 0,
  pageCount: null,
  findings: [],
  shared: null,
} as const satisfies Partial<CatalogEntry['files'][number]>;

/** Books of any bytes, sold as they are, for tests that are not about marks. Stored as the product's own import does. */
export async function importPlainBooks(
  books: PlainBook[],
  { store, catalog, signal }: { store: FileStore; catalog: CatalogImportStore; signal: AbortSignal },
): Promise<void> {
  const entries: CatalogEntry[] = [];
  for (const { files, ...book } of books) {
    const stored: CatalogEntry['files'] = [];
    for (const { format, bytes } of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const key = masterStorageKey(book.productId, book.version, format);
      await putNew(
        store,
        { key, body: bodyOf(bytes, sha256), contentType: bookContentTypes[format] },
        signal,
      );
      stored.push({ ...unmarked, format, master: { key, sizeBytes: bytes.byteLength, sha256 } });
    }
    const marking = { ...defaultMarking, policy: 'plain' as const };
    entries.push({ ...book, stripeProductId: null, marking, files: stored });
  }
  await catalog.write(entries);
}
