import type pg from 'pg';
import { createBodies } from '../copies/bodies.ts';
import { createCopies } from '../copies/copies.ts';
import type { Clock } from '../ports/clock.ts';
import type { Copies } from '../ports/files.ts';
import type { FileStore } from '../ports/fileStore.ts';
import { createCatalogStore } from '../store/catalog/catalogStore.ts';
import type { Config } from './config.ts';
import { deriveKey } from './keys.ts';
import { createMarkers } from './wireMarkers.ts';

const sweepEveryMs = 60 * 60_000;

/** Buyers' copies, with the files they are made of kept on this machine. */
export function wireCopies(
  config: Config,
  { pool, files, clock }: { pool: pg.Pool; files: FileStore; clock: Pick<Clock, 'now'> },
): { copies: Copies; close(): Promise<void> } {
  const [linkKey = new Uint8Array()] = config.linkKeys;
  const bodies = createBodies({
    store: files,
    directory: config.copies.cacheDirectory,
    maxBytes: config.copies.cacheMaxBytes,
    clock,
  });
  const copies = createCopies({
    catalog: createCatalogStore(pool),
    bodies,
    markers: createMarkers(),
    markKey: deriveKey(linkKey, 'copy-marks'),
    shopName: config.shop.name,
    rewritesMax: config.copies.rewritesMax,
  });
  // What cannot be removed now is there the next time.
  const sweep = () => void bodies.sweep().catch(() => undefined);
  sweep();
  const timer = setInterval(sweep, sweepEveryMs).unref();
  return {
    copies,
    close: () => {
      clearInterval(timer);
      return bodies.close();
    },
  };
}
