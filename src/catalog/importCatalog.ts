import { bookContentTypes } from '../domain/bookContentTypes.ts';
import { type Format, masterStorageKey, recipeKey, sharedBodyKey } from '../domain/effectKey.ts';
import type { Marking } from '../domain/copyMark.ts';
import type { BookMarker } from '../ports/bookMarking.ts';
import type {
  CatalogEntry,
  CatalogEntryFile,
  StandingFile,
  StandingProduct,
} from '../ports/catalogImport.ts';
import type { FileBody, FileStore, PutRequest } from '../ports/fileStore.ts';
import type { StoredBody } from '../ports/orders.ts';
import type { LocalBook } from './bookPaths.ts';
import type { ListedProduct } from './catalogFile.ts';
import { type CheckedFile, checkFile, insistOnReach, pagesFor } from './checkFile.ts';
import { compareProduct } from './compare.ts';
import { bodyOfFile } from './hashFile.ts';
import type { FileOutcome, ImportProgress, PreparedImport, ProductOutcome } from '../ports/catalogOutcome.ts';
import type { Problems } from './problems.ts';
import { isThere, putNew } from './storing.ts';

export interface CatalogImportOptions {
  markers: Record<Format, BookMarker>;
  store: FileStore;
}

export interface ImportRequest {
  products: readonly ListedProduct[];
  books: readonly LocalBook[];
  standing: readonly StandingProduct[];
  changePrices: boolean;
  problems: Problems;
  /** For what is prepared; it is needed until all of it is stored. */
  directory: string;
  onProgress(progress: ImportProgress): void;
}

export interface ReadyImport extends PreparedImport {
  /** Stores masters, shared bodies and recipes. The same again stores nothing. @throws Fault */
  store(signal: AbortSignal): Promise<{ filesStored: number }>;
}

export interface CatalogImport {
  /** Checks every file and compares with what is known; stores nothing. @throws Fault */
  prepare(request: ImportRequest, signal: AbortSignal): Promise<ReadyImport>;
}

/** The heavy part runs in children of the markers: one for each processor that a small machine has. */
const atOnceMax = 2;

interface Looked {
  outcome: FileOutcome;
  file: CatalogEntryFile;
  puts: PutRequest[];
}

/**
 * Brings books into the catalogue. Everything is checked before anything is stored, and rows are written last, by the
 * caller: an import that was interrupted leaves nothing that can be sold, and running it again finishes it.
 */
export function createCatalogImport({ markers, store }: CatalogImportOptions): CatalogImport {
  async function look(
    book: LocalBook,
    request: ImportRequest,
    signal: AbortSignal,
  ): Promise<Looked | undefined> {
    const { products, standing, problems, directory } = request;
    const listed = products.find(({ productId }) => productId === book.productId);
    if (!listed) throw new Error('A book belongs to a product.');
    const { marking } = listed;
    const master = await bodyOfFile(book.path, signal, readingOf(book, request));
    const known = standing
      .find(({ productId }) => productId === book.productId)
      ?.files.find(({ version, format }) => version === book.version && format === book.format);
    if (known && known.master.sha256 !== master.sha256) {
      problems.add(
        book.place,
        differs(book),
        'Give the changed book a new version; buyers of the old one keep it.',
      );
      return undefined;
    }
    const isCurrent = known !== undefined && preparedAlike(known, book, marking);
    const isWhole = isCurrent && (await allThere(store, known, signal));
    if (known && isWhole) {
      insistOnReach(book, marking, known, problems);
      return { outcome: outcomeOf('known', known), file: known, puts: [] };
    }
    if (!known) await refuseLeftOver(book, master, problems, signal);
    const checked = await checkFile(book, { markers, directory, marking, problems }, signal);
    if (!checked) return undefined;
    const made = entryOf(book, { master, checked, marking });
    const state = known ? (isCurrent ? 'put_back' : 'prepared_anew') : 'new';
    return { ...made, outcome: outcomeOf(state, made.file) };
  }

  const preparationOf = ({ productId, version, format }: LocalBook, { pages }: Marking) => ({
    slug: productId,
    version,
    format,
    revision: markers[format].revision,
    pages: pagesFor(format, pages),
  });

  function preparedAlike(known: StandingFile, book: LocalBook, marking: Marking): boolean {
    if (known.revision !== markers[book.format].revision) return false;
    return known.shared === null || known.shared.recipe.key === recipeKey(preparationOf(book, marking));
  }

  async function refuseLeftOver(
    book: LocalBook,
    master: FileBody,
    problems: Problems,
    signal: AbortSignal,
  ): Promise<void> {
    const stored = await store.stat(masterStorageKey(book.productId, book.version, book.format), signal);
    if (!stored || stored.sha256 === master.sha256) return;
    problems.add(
      book.place,
      `${differs(book)} It was left there by an import that never ended, or by another database.`,
      'Give the book a new version.',
    );
  }

  function entryOf(
    book: LocalBook,
    { master, checked, marking }: { master: FileBody; checked: CheckedFile; marking: Marking },
  ): Omit<Looked, 'outcome'> {
    const { prepared } = checked;
    const key = masterStorageKey(book.productId, book.version, book.format);
    const contentType = bookContentTypes[book.format];
    const masterStored = storedAs(key, master);
    const puts: PutRequest[] = [{ key, body: master, contentType }];
    let shared: CatalogEntryFile['shared'] = null;
    if (checked.shared) {
      const preparation = preparationOf(book, marking);
      const isMaster = checked.shared.body.sha256 === master.sha256;
      shared = {
        body: isMaster ? masterStored : storedAs(sharedBodyKey(preparation), checked.shared.body),
        recipe: storedAs(recipeKey(preparation), checked.shared.recipe),
      };
      if (!isMaster) puts.push({ key: shared.body.key, body: checked.shared.body, contentType });
      puts.push({
        key: shared.recipe.key,
        body: checked.shared.recipe,
        contentType: 'application/octet-stream',
      });
    }
    const { way, reach, pageCount, findings } = prepared;
    const file = {
      format: book.format,
      master: masterStored,
      way,
      reach,
      revision: markers[book.format].revision,
      pageCount,
      findings,
      shared,
    };
    return { file, puts };
  }

  return {
    async prepare(request, signal) {
      const { products, books, standing, changePrices, problems, onProgress } = request;
      const compared = products.map((listed) => compareProduct(listed, standing, { changePrices, problems }));
      const looked = await mapSome(books, (book) => look(book, request, signal));
      const filesOf = (productId: string) =>
        looked.flatMap((one, place) => (one && books[place]?.productId === productId ? [one] : []));
      const puts = looked.flatMap((one) => one?.puts ?? []);

      return {
        problems: problems.list(),
        products: compared.map((outcome): ProductOutcome => {
          const files = filesOf(outcome.productId).map((one) => one.outcome);
          const moved = files.some(({ state }) => state === 'new' || state === 'prepared_anew');
          return {
            ...outcome,
            state: outcome.state === 'unchanged' && moved ? 'changed' : outcome.state,
            files,
          };
        }),
        entries: products.map((listed) =>
          rowOf(
            listed,
            filesOf(listed.productId).map(({ file }) => file),
          ),
        ),
        async store(storing) {
          if (problems.count() > 0) throw new Error('Nothing is stored of a catalogue that has problems.');
          const totalBytes = puts.reduce((sum, { body }) => sum + body.sizeBytes, 0);
          let doneBytes = 0;
          for (const put of puts) {
            onProgress({ stage: 'storing', what: put.key, doneBytes, totalBytes });
            await putNew(store, put, storing);
            doneBytes += put.body.sizeBytes;
          }
          return { filesStored: puts.length };
        },
      };
    },
  };
}

function rowOf(listed: ListedProduct, files: CatalogEntryFile[]): CatalogEntry {
  const { productId, title, language, version, stripeProductId, marking } = listed;
  const prices = listed.prices.map(({ priceId, currency, unitAmount }) => ({
    priceId,
    currency,
    unitAmount,
  }));
  return { productId, title, language, version, stripeProductId, marking, prices, files };
}

const storedAs = (key: string, { sizeBytes, sha256 }: FileBody): StoredBody => ({ key, sizeBytes, sha256 });

const differs = ({ productId, version, format }: LocalBook) =>
  `${productId} ${version} (${format}) is stored already, with other bytes than this file has.`;

function outcomeOf(state: FileOutcome['state'], file: CatalogEntryFile): FileOutcome {
  const { format, master, pageCount, way, reach, findings } = file;
  const { sizeBytes, sha256 } = master;
  return { format, state, sizeBytes, sha256, pageCount, way, reach, findings };
}

const allThere = async (store: FileStore, { master, shared }: CatalogEntryFile, signal: AbortSignal) => {
  const keys = [master.key, ...(shared ? [shared.body.key, shared.recipe.key] : [])];
  const there = await Promise.all([...new Set(keys)].map((key) => isThere(store, key, signal)));
  return there.every(Boolean);
};

/** Tells how much of all files has been read. */
function readingOf(book: LocalBook, { books, onProgress }: ImportRequest): (count: number) => void {
  const totalBytes = books.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const before = books.slice(0, books.indexOf(book)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let read = 0;
  const what = `${book.productId} ${book.format}`;
  onProgress({ stage: 'checking', what, doneBytes: before, totalBytes });
  return (count) => {
    read += count;
    onProgress({ stage: 'checking', what, doneBytes: before + read, totalBytes });
  };
}

/** Some at a time, the results in the order of what was given. */
async function mapSome<From, To>(items: readonly From[], work: (item: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  let next = 0;
  const line = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as From);
  };
  const lines = Array.from({ length: Math.min(atOnceMax, items.length) }, line);
  // Each has come to its end before what it works with is removed.
  const ended = await Promise.allSettled(lines);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}
