import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBooks } from '../../src/catalog/bookPaths.ts';
import { readCatalogFile } from '../../src/catalog/catalogFile.ts';
import { createCatalogImport, type ReadyImport } from '../../src/catalog/importCatalog.ts';
import type { Format } from '../../src/domain/effectKey.ts';
import type { BookMarker } from '../../src/ports/bookMarking.ts';
import type { StandingProduct } from '../../src/ports/catalogImport.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';

/** A directory with a catalogue and its books. */
export async function openCatalogDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'test-catalog-'));
  return {
    directory,
    async write(files: Readonly<Record<string, string>>) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), text);
      }
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export type CatalogDirectory = Awaited<ReturnType<typeof openCatalogDirectory>>;

export interface CatalogRunGiven {
  directory: string;
  catalogue: string;
  markers: Record<Format, BookMarker>;
  store: FileStore;
  standing?: StandingProduct[];
  changePrices?: boolean;
  allowOutside?: boolean;
  signal?: AbortSignal;
}

/** Reads a catalogue and prepares its import, as the command does. */
export async function prepareCatalog(
  given: CatalogRunGiven,
): Promise<ReadyImport & { told: () => string[] }> {
  const { directory, markers, store, standing = [], changePrices = false, allowOutside = false } = given;
  const { products, problems } = readCatalogFile('books.yaml', new TextEncoder().encode(given.catalogue));
  const books = await findBooks(products, { directory, allowOutside, fileBytesMax: 1_000_000 }, problems);
  const work = await mkdtemp(join(directory, '.work-'));
  const ready = await createCatalogImport({ markers, store }).prepare(
    { products, books, standing, changePrices, problems, directory: work, onProgress: () => undefined },
    given.signal ?? AbortSignal.timeout(10_000),
  );
  return { ...ready, told: () => ready.problems.map(({ line, message }) => `${line}: ${message}`) };
}

interface ListedBook {
  id?: string;
  version?: string;
  price?: string;
  amount?: string;
  files?: Partial<Record<Format, string>>;
  more?: string;
}

/** A catalogue in YAML, one line per product. */
export const catalogueOf = (...books: ListedBook[]): string =>
  [
    'products:',
    ...books.map(
      ({ id = 'calm', version = '1.0.0', price = `price_${id}`, amount = '49.00 PLN', files, more = '' }) =>
        `  - { id: ${id}, title: The book ${id}, language: en, version: ${version}, prices: [{ id: ${price}, amount: ${amount} }], files: ${JSON.stringify(files ?? { pdf: `${id}.pdf` })}${more} }`,
    ),
  ].join('\n');
