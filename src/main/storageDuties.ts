import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createDirectClient } from '../cli/admin/directClient.ts';
import type { ScrubGiven, StorageDuties } from '../cli/duties.ts';
import { createBodies } from '../copies/bodies.ts';
import { createCopies } from '../copies/copies.ts';
import { createSharedAgain } from '../copies/prepareAgain.ts';
import type { Format } from '../domain/effectKey.ts';
import { createRepairFile, repairInput } from '../operations/storage/repairFile.ts';
import { putInPlace } from '../operations/storage/putInPlace.ts';
import { createRemaking } from '../operations/storage/remaking.ts';
import { createScrubStorage, type ScrubInput } from '../operations/storage/scrubStorage.ts';
import { scrubStore, type ScrubWanted } from '../operations/storage/scrubStore.ts';
import type { BookMarker } from '../ports/bookMarking.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import type { Remaker, Repair, RepairOutcome, ScrubReport } from '../ports/storageScrub.ts';
import { createCatalogStore } from '../store/catalog/catalogStore.ts';
import { createCatalogReader } from '../store/catalog/readCatalog.ts';
import { createKeptFiles } from '../store/files/keptFiles.ts';
import { createScrubBook } from '../store/operations/storage/scrubBook.ts';
import { jobControl } from '../store/operations/jobControl.ts';
import { createReceiptStore } from '../store/orders/receiptStore.ts';
import type { Config } from './config.ts';
import { openDirectAdmin } from './directAdmin.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';

export interface StorageDutiesOptions {
  /** @throws CommandFailure */
  readServiceConfig(): Config;
  /** Of whoever is signed in: `signedInToken`. */
  accessTokenFor(config: Config): () => Promise<string>;
  markers: Record<Format, BookMarker>;
  createStore(config: Config): FileStore;
  createRenderer(config: Config): Pick<ReceiptRenderer, 'pdf'>;
  clock?: Pick<Clock, 'sleep' | 'elapsedMs'>;
}

const statementTimeoutMs = 30_000;

/** The file store over the service's own configuration: same rights as the API's, same audit. */
export function storageDuties({
  readServiceConfig,
  accessTokenFor,
  clock = systemClock,
  ...parts
}: StorageDutiesOptions): StorageDuties {
  return {
    async scrub(given) {
      const config = readServiceConfig();
      const store = parts.createStore(config);
      const made = makingAgain(config, { ...parts, store });
      /** What is put where, of the repairs that are asked for just now. */
      const asked = new Map<string, () => Promise<RepairOutcome>>();
      const door = await openDirectAdmin({
        config,
        accessToken: accessTokenFor(config),
        timeoutMs: statementTimeoutMs,
        further: (pool) => {
          const kept = createKeptFiles(pool, createCatalogReader(pool));
          const book = createScrubBook(pool);
          const scrubbing = {
            store,
            kept,
            book,
            clock,
            remaker: made.remakerOver(pool),
            repair,
          };
          return [
            createScrubStorage({
              book,
              newId: randomUUID,
              scrub: (wanted) => scrubStore(scrubbing, { ...wanted, onProgress }, given.signal),
            }),
            createRepairFile({ jobs: jobControl, put: async (key) => (asked.get(key) ?? notAsked)() }),
          ];
        },
      });

      /** As whoever is signed in: each one is begun in the audit before anything is touched. */
      async function repair(wanted: Repair, signal: AbortSignal): Promise<RepairOutcome> {
        const { key } = wanted.file;
        asked.set(key, () => putInPlace(store, wanted, signal));
        try {
          const { output } = await door.ask('storage:repair', {
            input: repairInput(wanted),
            requestId: randomUUID(),
            ...reasonOf(given),
          });
          return (output as { outcome: RepairOutcome }).outcome;
        } finally {
          asked.delete(key);
        }
      }

      const onProgress: ScrubWanted['onProgress'] = (progress, key) => given.onProgress({ ...progress, key });
      const { part, since, limit, signal } = given;
      const input: ScrubInput = {
        part,
        since: since?.toISOString() ?? null,
        repair: given.repair,
        limit: limit ?? null,
      };
      try {
        const { output, auditSeq } = await createDirectClient(door).call('storage:scrub', input, {
          signal,
          requestId: randomUUID(),
          ...reasonOf(given),
        });
        return { report: output as unknown as ScrubReport, auditSeq };
      } finally {
        await door.close();
        await made.close();
      }
    },
  };
}

const reasonOf = ({ reason }: Pick<ScrubGiven, 'reason'>) => (reason === undefined ? {} : { reason });

const notAsked = () => Promise.reject(new Error('This repair was not asked for here.'));

interface MakingParts extends Pick<StorageDutiesOptions, 'markers' | 'createRenderer'> {
  store: FileStore;
}

/** What makes files again, as the worker has made them. */
function makingAgain(config: Config, { store, markers, createRenderer }: MakingParts) {
  const [linkKey = new Uint8Array()] = config.linkKeys;
  const bodies = createBodies({
    store,
    directory: config.copies.cacheDirectory,
    maxBytes: config.copies.cacheMaxBytes,
    clock: systemClock,
  });
  return {
    remakerOver(pool: pg.Pool): Remaker {
      const catalog = createCatalogStore(pool);
      return createRemaking({
        copies: createCopies({
          catalog,
          bodies,
          markers,
          markKey: deriveKey(linkKey, 'copy-marks'),
          shopName: config.shop.name,
          rewritesMax: config.copies.rewritesMax,
        }),
        receipts: createReceiptStore(pool),
        renderer: createRenderer(config),
        shared: createSharedAgain({ bodies, markers, catalog }),
        sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      });
    },
    close: () => bodies.close(),
  };
}
