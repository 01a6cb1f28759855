import type { Format } from '../domain/effectKey.ts';
import type { BookMarker } from '../ports/bookMarking.ts';
import type { StandingFile, StandingProduct } from '../ports/catalogImport.ts';
import type { ImportProgress, StoreFinding, StoreReport } from '../ports/catalogOutcome.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { StoredBody } from '../ports/orders.ts';

export interface CheckStoreOptions {
  products: readonly StandingProduct[];
  store: Pick<FileStore, 'stat' | 'name'>;
  markers: Record<Format, Pick<BookMarker, 'revision'>>;
  onProgress(progress: ImportProgress): void;
}

/**
 * Compares every file of the catalogue, of all versions, with what is stored: there, size, hash. Owners of an older
 * version are served from it as well. @throws Fault when the store cannot be asked
 */
export async function checkStore(options: CheckStoreOptions, signal: AbortSignal): Promise<StoreReport> {
  const { products, store, markers, onProgress } = options;
  const files = products.flatMap(({ productId, files: of }) => of.map((file) => ({ productId, file })));
  const totalBytes = files.reduce((sum, { file }) => sum + sizeOf(file), 0);
  const findings: StoreFinding[] = [];
  let doneBytes = 0;
  for (const { productId, file } of files) {
    const about = { productId, version: file.version, format: file.format };
    onProgress({
      stage: 'checking',
      what: `${productId} ${file.version} ${file.format}`,
      doneBytes,
      totalBytes,
    });
    for (const { part, wanted } of partsOf(file)) {
      const found = await store.stat(wanted.key, signal);
      if (!found) findings.push({ ...about, part, state: 'missing', ...missing(wanted, store.name) });
      else if (found.sha256 !== wanted.sha256 || found.sizeBytes !== wanted.sizeBytes)
        findings.push({ ...about, part, state: 'damaged', ...damaged(wanted, found.sizeBytes) });
    }
    const { revision } = markers[file.format];
    if (file.revision < revision)
      findings.push({
        ...about,
        part: 'preparation',
        state: 'outdated',
        ...outdated(file.revision, revision),
      });
    doneBytes += sizeOf(file);
  }
  return { products: products.length, files: files.length, sizeBytes: totalBytes, findings };
}

interface Part {
  part: StoreFinding['part'];
  wanted: StoredBody;
}

function partsOf({ master, shared }: StandingFile): Part[] {
  if (!shared) return [{ part: 'master', wanted: master }];
  // Where hidden marks alone are added, copies begin with the master itself.
  const body: Part[] = shared.body.key === master.key ? [] : [{ part: 'shared_body', wanted: shared.body }];
  return [{ part: 'master', wanted: master }, ...body, { part: 'recipe', wanted: shared.recipe }];
}

const sizeOf = (file: StandingFile) => partsOf(file).reduce((sum, { wanted }) => sum + wanted.sizeBytes, 0);

type Sentence = Pick<StoreFinding, 'message' | 'remedy'>;

const missing = ({ key }: StoredBody, store: string): Sentence => ({
  message: `${key} is not in ${store}.`,
  remedy: 'Import the same catalogue again: what is missing is put back.',
});

const damaged = ({ key, sizeBytes }: StoredBody, foundBytes: number): Sentence => ({
  message:
    foundBytes === sizeBytes
      ? `${key} is not what was imported: its hash differs.`
      : `${key} is not what was imported: it has ${foundBytes} bytes instead of ${sizeBytes}.`,
  remedy: 'Remove it with fulfillment storage scrub, then import the same catalogue again.',
});

const outdated = (revision: number, now: number): Sentence => ({
  message:
    revision === 0
      ? 'It was imported without being prepared for marks.'
      : `It was prepared by revision ${revision} of the way of marking; this release has ${now}.`,
  remedy: 'Import the same catalogue again: copies made from then on are marked in the newer way.',
});
