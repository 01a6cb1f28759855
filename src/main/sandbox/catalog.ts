import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalBook } from '../../catalog/bookPaths.ts';
import type { ListedProduct } from '../../catalog/catalogFile.ts';
import { createCatalogImport } from '../../catalog/importCatalog.ts';
import { createProblems } from '../../catalog/problems.ts';
import { defaultMarking } from '../../domain/copyMark.ts';
import { Fault } from '../../domain/fault.ts';
import { type Book, createBooks } from '../../sandbox/books/books.ts';
import { sandboxCatalog } from '../../sandbox/books/sandboxCatalog.ts';
import { createCatalogImportStore } from '../../store/catalog/importCatalog.ts';
import { createCatalogReader } from '../../store/catalog/readCatalog.ts';
import { createPool } from '../../store/connection.ts';
import type { Config } from '../config.ts';
import { createMarkers } from '../wireMarkers.ts';
import { createFileStore } from '../wireProviders.ts';
import { rememberedBooks } from './rememberedBooks.ts';

const place = { line: 1, column: 1, field: '' };

/**
 * Puts the sandbox's three ebooks into the product's catalogue, as a shop would its own: every copy is marked in full.
 *
 * @throws Fault when a book was damaged on purpose, or cannot be marked
 */
export async function importSandboxBooks(config: Config): Promise<void> {
  const pool = createPool({
    connectionString: config.database.workerUrl,
    applicationName: 'catalog-import',
    connectionsMax: 1,
  });
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-books-'));
  try {
    const signal = AbortSignal.timeout(60_000);
    const books = await createBooks();
    const markers = rememberedBooks(createMarkers());
    const problems = createProblems('the sandbox');
    const importing = createCatalogImport({ markers, store: createFileStore(config) });
    const ready = await importing.prepare(
      {
        products: books.map(listed),
        books: (await Promise.all(books.map((book) => written(book, directory)))).flat(),
        standing: await createCatalogReader(pool).readCatalog(),
        changePrices: true,
        problems,
        directory,
        onProgress: () => undefined,
      },
      signal,
    );
    const [problem] = ready.problems;
    if (problem)
      throw new Fault({
        kind: 'needs_human',
        reason: 'books_refused',
        message: `${problem.message} ${problem.remedy}`,
      });
    await ready.store(signal);
    await createCatalogImportStore(pool).write(ready.entries);
  } finally {
    await pool.end();
    await rm(directory, { recursive: true, force: true });
  }
}

function listed({ slug, title, language, version, files }: Book): ListedProduct {
  const sold = sandboxCatalog.find((one) => one.slug === slug);
  return {
    productId: slug,
    title,
    language,
    version,
    stripeProductId: sold?.stripeProductId ?? null,
    prices: (sold?.prices ?? []).map((price) => ({
      priceId: price.stripePriceId,
      currency: price.currency.toLowerCase(),
      unitAmount: price.amountMinor,
      place,
    })),
    files: files.map(({ format }) => ({ format, path: `${slug}.${format}`, place })),
    marking: defaultMarking,
    place,
  };
}

function written({ slug: productId, version, files }: Book, directory: string): Promise<LocalBook[]> {
  return Promise.all(
    files.map(async ({ format, bytes }) => {
      const file = path.join(directory, `${productId}.${format}`);
      await writeFile(file, bytes);
      return { productId, version, format, path: file, sizeBytes: bytes.byteLength, place };
    }),
  );
}

/** The same books as the Stripe stand-in sells them. */
export const stripeCatalog = sandboxCatalog.map((book) => {
  const byCurrency = <T>(value: (price: (typeof book.prices)[number]) => T) =>
    Object.fromEntries(book.prices.map((price) => [price.currency.toLowerCase(), value(price)]));
  return {
    slug: book.slug,
    title: book.title,
    description: book.description,
    currency: 'pln',
    unitAmount: book.prices.find((price) => price.currency === 'PLN')?.amountMinor ?? 0,
    prices: byCurrency((price) => price.amountMinor),
    priceIds: byCurrency((price) => price.stripePriceId),
    taxPercent: book.taxPercent,
    productId: book.stripeProductId,
  };
});
