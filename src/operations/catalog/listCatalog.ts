import { z } from 'zod';
import { markingPolicies, markReaches } from '../../domain/copyMark.ts';
import { formats } from '../../domain/effectKey.ts';
import type { CatalogReader, StandingProduct } from '../../ports/catalogImport.ts';
import type { ReadOperation } from '../frame/operation.ts';

const input = z.strictObject({});
const file = z.strictObject({
  format: z.enum(formats),
  sizeBytes: z.int(),
  sha256: z.string(),
  pageCount: z.int().nullable().describe('Pages of a PDF, documents of an EPUB; null when not known.'),
  way: z
    .enum(['tail', 'rewrite', 'plain'])
    .describe('How copies are made: a short tail per buyer, the whole file anew, or the file itself.'),
  reach: z
    .enum(markReaches)
    .describe('How far copies are marked: line and hidden marks, hidden ones, or not.'),
  revision: z.int().describe('Of the way of marking; 0 for files that none was tried on.'),
  findings: z.array(
    z.strictObject({ code: z.string(), severity: z.enum(['error', 'warning']), message: z.string() }),
  ),
  importedAt: z.string(),
});
const product = z.strictObject({
  productId: z.string(),
  title: z.string(),
  language: z.string(),
  version: z.string().describe('The one that is sold.'),
  versions: z.array(z.string()).describe('All that were imported, the first one first.'),
  stripeProductId: z.string().nullable(),
  marking: z.strictObject({
    policy: z.enum(markingPolicies),
    pages: z.string().describe('`all`, `first`, or `every 3`.'),
    text: z.record(z.string(), z.string()).describe('By language; the usual text where there is none.'),
  }),
  prices: z.array(
    z.strictObject({
      priceId: z.string(),
      currency: z.string(),
      unitAmount: z.int().describe('In the smallest unit.'),
    }),
  ),
  files: z.array(file).describe('Of the version that is sold.'),
  updatedAt: z.string(),
});
const output = z.strictObject({ products: z.array(product) });

/** What is sold: products with their prices, files and marking. */
export function createListCatalog(
  catalog: Pick<CatalogReader, 'readCatalog'>,
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'catalog:list',
    permission: 'catalog:read',
    summary: 'List the products with their prices, files, and how copies are marked',
    path: '/catalog',
    input,
    output,
    read: async () => ({ products: (await catalog.readCatalog()).map(shown) }),
  };
}

function shown(one: StandingProduct): z.infer<typeof product> {
  const { productId, title, language, version, stripeProductId, prices } = one;
  const { policy, pages, text } = one.marking;
  return {
    productId,
    title,
    language,
    version,
    versions: [...new Set(one.files.map((each) => each.version))],
    stripeProductId,
    marking: { policy, pages: typeof pages === 'string' ? pages : `every ${pages.every}`, text },
    prices,
    files: one.files
      .filter((each) => each.version === version)
      .map(({ format, master, pageCount, way, reach, revision, findings, importedAt }) => ({
        format,
        sizeBytes: master.sizeBytes,
        sha256: master.sha256,
        pageCount,
        way,
        reach,
        revision,
        findings,
        importedAt: importedAt.toISOString(),
      })),
    updatedAt: one.updatedAt.toISOString(),
  };
}
