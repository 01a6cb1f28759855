import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Format, pagesOfRecipe } from '../domain/effectKey.ts';
import type { BookMarker } from '../ports/bookMarking.ts';
import type { FileBody } from '../ports/fileStore.ts';
import type { CatalogStore } from '../ports/orders.ts';
import type { SharedAgain } from '../ports/storageScrub.ts';
import type { Bodies } from './bodies.ts';
import { hashOf } from './hashOf.ts';
import { makeOwnDirectory } from './leftovers.ts';

export interface SharedAgainOptions {
  bodies: Pick<Bodies, 'fetch'>;
  markers: Record<Format, Pick<BookMarker, 'revision' | 'prepare'>>;
  catalog: Pick<CatalogStore, 'readFile'>;
}

const differently = { kind: 'unusable', reason: 'made_differently' } as const;

/** Prepares what copies of a book share once more, from its master, as its import did. */
export function createSharedAgain({ bodies, markers, catalog }: SharedAgainOptions): SharedAgain {
  return {
    async prepare({ productId, version, format, book }, signal) {
      const marker = markers[format];
      const file = await catalog.readFile(productId, version, format);
      if (!file || book.way !== 'tail' || book.revision !== marker.revision) return differently;
      const master = await bodies.fetch(book.master, signal);
      if (master.kind === 'unusable') return master;
      const place = await makeOwnDirectory();
      const close = () => rm(place, { recursive: true, force: true });
      try {
        const directory = path.join(place, 'made');
        await mkdir(directory);
        // Not what the product says by now: a newer version may have other pages.
        const pages = (book.shared && pagesOfRecipe(book.shared.recipe.key)) ?? file.marking.pages;
        const { shared } = await marker.prepare({ sourcePath: master.body.path, directory, pages }, signal);
        if (shared)
          return {
            kind: 'ready',
            body: await fileBody(shared.bodyPath),
            recipe: await fileBody(shared.recipePath),
            close,
          };
      } catch (error) {
        await close();
        throw error;
      }
      await close();
      return differently;
    },
  };
}

async function fileBody(file: string): Promise<FileBody> {
  const { hash, sizeBytes } = await hashOf(file);
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    async *open(signal) {
      yield* createReadStream(file, { signal }) as AsyncIterable<Uint8Array>;
    },
  };
}
