import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Format, masterStorageKey } from '../domain/effectKey.ts';
import { defaultMarking, type Marking } from '../domain/copyMark.ts';
import { bodyOf } from '../domain/fileBody.ts';
import { isMinorAmount } from '../domain/money.ts';
import type { CatalogEntry, CatalogImportStore } from '../ports/catalogImport.ts';
import type { FileStore } from '../ports/fileStore.ts';
import { contentTypes, putNew } from './storing.ts';

export interface ProductImport {
  productId: string;
  title: string;
  language: string;
  version: string;
  prices: Array<{ priceId: string; currency: string; unitAmount: number }>;
  files: Array<{ format: Format; bytes: Uint8Array }>;
}

export interface ImportReport {
  products: number;
  filesStored: number;
  /** Jobs that were blocked for want of something and look again now. */
  jobsWoken: number;
}

const productSchema = z.object({
  productId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,98}[a-z0-9]$/, 'a slug of a–z, 0–9 and hyphens, for example calm-checkout'),
  title: z.string().min(1).max(500),
  language: z.string().regex(/^[a-z]{2}$/, 'an ISO 639-1 code, for example en'),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'for example 1.0.0'),
  prices: z
    .array(
      z.object({
        priceId: z.string().regex(/^price_[A-Za-z0-9_]{1,250}$/, 'a Stripe price id, price_…'),
        currency: z.string().regex(/^[a-z]{3}$/, 'a lower-case ISO 4217 code, for example pln'),
        unitAmount: z.number().refine(isMinorAmount, 'a whole number of minor units, for example 4900'),
      }),
    )
    .min(1),
  files: z.array(z.object({ format: z.enum(['pdf', 'epub']), bytes: z.instanceof(Uint8Array) })).min(1),
});

const unmarked = {
  way: 'plain',
  reach: 'none',
  revision: 0,
  pageCount: null,
  findings: [],
  shared: null,
} as const satisfies Partial<CatalogEntry['files'][number]>;

const plainMarking: Marking = { ...defaultMarking, policy: 'plain' };

/**
 * Puts products whose copies are the files themselves, unmarked, into the catalogue: masters into the store first, then
 * the rows, so that a row never names a file that is not there. The same import again changes nothing. Other bytes under the same version are refused: a changed book
 * is a new version.
 *
 * @throws z.ZodError naming the field, before anything is stored
 */
export async function importProducts(
  products: ProductImport[],
  { store, catalog, signal }: { store: FileStore; catalog: CatalogImportStore; signal: AbortSignal },
): Promise<ImportReport> {
  const checked = z.array(productSchema).parse(products);
  const entries: CatalogEntry[] = [];
  let filesStored = 0;
  for (const { files, ...product } of checked) {
    const stored: CatalogEntry['files'] = [];
    for (const { format, bytes } of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const key = masterStorageKey(product.productId, product.version, format);
      await putNew(store, { key, body: bodyOf(bytes, sha256), contentType: contentTypes[format] }, signal);
      stored.push({ ...unmarked, format, master: { key, sizeBytes: bytes.byteLength, sha256 } });
      filesStored += 1;
    }
    entries.push({ ...product, stripeProductId: null, marking: plainMarking, files: stored });
  }
  const { jobsWoken } = await catalog.write(entries);
  return { products: entries.length, filesStored, jobsWoken };
}
