import { createHash } from 'node:crypto';
import type { CatalogStore } from '../ports/orders.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { Copies, CopyResult } from '../ports/files.ts';

export interface CopiesOptions {
  catalog: Pick<CatalogStore, 'readFile'>;
  store: FileStore;
}

const contentTypes = { pdf: 'application/pdf', epub: 'application/epub+zip' } as const;

/**
 * Makes a buyer's copy from the master. A master that is missing, or whose bytes are not the ones that were imported,
 * is never handed out: the copy waits for a human.
 */
export function createCopies({ catalog, store }: CopiesOptions): Copies {
  return {
    async prepare({ productId, version, format }, signal): Promise<CopyResult> {
      const file = await catalog.readFile(productId, version, format);
      const name = `${productId} ${version} (${format})`;
      if (!file)
        return { kind: 'unusable', reason: 'file_missing', detail: `The catalogue has no file for ${name}.` };
      const bytes = await store.read(file.storageKey, signal);
      if (!bytes)
        return {
          kind: 'unusable',
          reason: 'file_missing',
          detail: `${file.storageKey} is not in ${store.name}.`,
        };
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (sha256 !== file.sha256) {
        return {
          kind: 'unusable',
          reason: 'file_damaged',
          detail: `${file.storageKey} is not the file that was imported: its hash differs.`,
        };
      }
      return { kind: 'ready', bytes, sha256, contentType: contentTypes[format] };
    },
  };
}
