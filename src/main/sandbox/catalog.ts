import { importProducts, type ImportReport } from '../../catalog/importProducts.ts';
import { createBooks } from '../../sandbox/books/books.ts';
import { sandboxCatalog } from '../../sandbox/books/sandboxCatalog.ts';
import { createCatalogImportStore } from '../../store/catalog/importCatalog.ts';
import { createPool } from '../../store/connection.ts';
import type { Config } from '../config.ts';
import { createFileStore } from '../wireProviders.ts';

/** Puts the sandbox's three ebooks into the product's catalogue, as a shop would its own. */
export async function importSandboxBooks(config: Config): Promise<ImportReport> {
  const pool = createPool({
    connectionString: config.database.workerUrl,
    applicationName: 'catalog-import',
    connectionsMax: 1,
  });
  try {
    const books = await createBooks();
    const products = books.map((book) => {
      const listed = sandboxCatalog.find(({ slug }) => slug === book.slug);
      return {
        productId: book.slug,
        title: book.title,
        language: book.language,
        version: book.version,
        prices: (listed?.prices ?? []).map((price) => ({
          priceId: price.stripePriceId,
          currency: price.currency.toLowerCase(),
          unitAmount: price.amountMinor,
        })),
        files: book.files.map(({ format, bytes }) => ({ format, bytes })),
      };
    });
    const signal = AbortSignal.timeout(60_000);
    return await importProducts(products, {
      store: createFileStore(config),
      catalog: createCatalogImportStore(pool),
      signal,
    });
  } finally {
    await pool.end();
  }
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
