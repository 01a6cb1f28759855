import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { findBooks, type LocalBook } from '../catalog/bookPaths.ts';
import { catalogBytesMax, readCatalogFile, type ReadCatalogFile } from '../catalog/catalogFile.ts';
import { checkStore } from '../catalog/checkStore.ts';
import { type CatalogImport, createCatalogImport, type ReadyImport } from '../catalog/importCatalog.ts';
import { AdminProblem } from '../cli/admin/adminClient.ts';
import { createDirectClient } from '../cli/admin/directClient.ts';
import type { CatalogDuties, CatalogGiven, ImportGiven } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { createAccessToken } from '../cli/signIn/signIn.ts';
import { serviceAddress } from '../cli/signIn/terms.ts';
import { createTokenFile, tokenFilePath } from '../cli/signIn/tokenFile.ts';
import { makeOwnDirectory } from '../copies/leftovers.ts';
import type { Format } from '../domain/effectKey.ts';
import {
  createImportCatalog,
  createPlanCatalog,
  type ImportInput,
  type ImportRun,
} from '../operations/catalog/importCatalog.ts';
import type { BookMarker } from '../ports/bookMarking.ts';
import type { StandingProduct } from '../ports/catalogImport.ts';
import type { DoneImport, PlannedImport } from '../ports/catalogOutcome.ts';
import type { FileStore } from '../ports/fileStore.ts';
import { bookOwners } from '../store/catalog/bookOwners.ts';
import { catalogControl } from '../store/catalog/importCatalog.ts';
import { createCatalogReader } from '../store/catalog/readCatalog.ts';
import { createPool } from '../store/connection.ts';
import { wireBookUpdates } from './bookUpdates.ts';
import type { Config } from './config.ts';
import { openDirectAdmin } from './directAdmin.ts';
import { systemClock } from './systemClock.ts';
import { createDeviceSignIn } from './wireStaff.ts';

export interface CatalogDutiesOptions {
  /** @throws CommandFailure */
  readServiceConfig(): Config;
  /** Of whoever is signed in: `signedInToken`. */
  accessTokenFor(config: Config): () => Promise<string>;
  markers: Record<Format, BookMarker>;
  createStore(config: Config): FileStore;
}

/** Larger books are told of at import: nobody downloads them on a telephone. */
const fileBytesMax = 2_000_000_000;
const statementTimeoutMs = 30_000;

/** The catalogue over the service's own configuration. Imports go through the operations' frame: same rights, same audit. */
export function catalogDuties({
  readServiceConfig,
  accessTokenFor,
  markers,
  createStore,
}: CatalogDutiesOptions): CatalogDuties {
  /** Works with a directory for what is prepared, which is gone afterwards. */
  async function withFile<T>(given: CatalogGiven, work: (file: FileAtHand) => Promise<T>): Promise<T> {
    const read = readCatalogFile(path.basename(given.path), await bytesOf(given.path));
    const rules = { directory: path.dirname(given.path), allowOutside: given.allowOutside, fileBytesMax };
    const books = await findBooks(read.products, rules, read.problems);
    const directory = await makeOwnDirectory();
    // A command that is interrupted ends its process at once.
    const clear = () => rmSync(directory, { recursive: true, force: true });
    process.once('exit', clear);
    try {
      return await work({ ...read, books, directory });
    } finally {
      process.off('exit', clear);
      clear();
    }
  }

  const prepare = (
    importing: CatalogImport,
    file: FileAtHand,
    given: CatalogGiven & { changePrices: boolean; standing: StandingProduct[] },
  ): Promise<ReadyImport> => {
    const { onProgress, changePrices, standing } = given;
    return importing.prepare({ ...file, standing, changePrices, onProgress }, given.signal);
  };

  /** Without a database everything is new. */
  async function checkAlone(file: FileAtHand, given: CatalogGiven): Promise<ReadyImport> {
    const importing = createCatalogImport({ markers, store: emptyStore });
    return prepare(importing, file, { ...given, changePrices: false, standing: [] });
  }

  /** Asks one of the two operations, as whoever is signed in. */
  async function ask(
    file: FileAtHand,
    given: ImportGiven,
    { operation, agree }: { operation: string; agree: ImportRun['agree'] },
  ): Promise<{ answer: { output: unknown; auditSeq: number | null } } | { refused: ReadyImport }> {
    const config = readServiceConfig();
    let ready: ReadyImport | undefined;
    const importing = createCatalogImport({ markers, store: createStore(config) });
    const run: ImportRun = {
      async prepare(standing, { changePrices }) {
        ready = await prepare(importing, file, { ...given, standing, changePrices });
        return ready;
      },
      agree,
      async store() {
        if (!ready) throw new Error('What is stored was prepared.');
        return ready.store(given.signal);
      },
    };
    const door = await openDirectAdmin({
      config,
      accessToken: accessTokenFor(config),
      timeoutMs: statementTimeoutMs,
      further: (pool) => {
        const catalog = createCatalogReader(pool);
        const updates = wireBookUpdates();
        return [
          createImportCatalog({ catalog, control: catalogControl, owners: bookOwners, updates, run }),
          createPlanCatalog({ catalog, run }),
        ];
      },
    });
    const input: ImportInput = {
      source: path.basename(given.path).slice(0, 200),
      sha256: file.sha256,
      notify: given.notify,
      changePrices: given.changePrices,
    };
    try {
      const { signal, reason } = given;
      const answer = await createDirectClient(door).call(operation, input, {
        signal,
        requestId: randomUUID(),
        ...(reason === undefined ? {} : { reason }),
      });
      return { answer };
    } catch (error) {
      if (error instanceof AdminProblem && error.code === 'catalog_refused' && ready)
        return { refused: ready };
      throw error;
    } finally {
      await door.close();
    }
  }

  return {
    checkFile: (given) =>
      withFile(given, async (file) => {
        const { products, problems } = await checkAlone(file, given);
        return { products, problems };
      }),

    async checkStore({ signal, onProgress }) {
      const config = readServiceConfig();
      const pool = createPool({
        connectionString: config.database.readerUrl,
        applicationName: 'fulfillment-cli',
        connectionsMax: 1,
        namedStatements: false,
      });
      try {
        const products = await createCatalogReader(pool).readCatalog();
        return await checkStore({ products, store: createStore(config), markers, onProgress }, signal);
      } finally {
        await pool.end();
      }
    },

    plan: (given) =>
      withFile(given, async (file) => {
        const asked = await ask(file, given, { operation: 'catalog:plan', agree: async () => undefined });
        if ('refused' in asked) throw new Error('A plan tells of problems; it is not refused for them.');
        return asked.answer.output as PlannedImport;
      }),

    import: (given, agree) =>
      withFile(given, async (file) => {
        // What the file itself has wrong is told to anybody, before a database is asked.
        const problems = file.problems.count() > 0;
        const asked = problems
          ? { refused: await checkAlone(file, given) }
          : await ask(file, given, { operation: 'catalog:import', agree });
        if ('refused' in asked)
          return { report: { products: asked.refused.products, problems: asked.refused.problems } };
        return { report: asked.answer.output as DoneImport, auditSeq: asked.answer.auditSeq };
      }),
  };
}

interface FileAtHand extends ReadCatalogFile {
  books: LocalBook[];
  directory: string;
}

/** Has nothing, for a check of files alone. */
const emptyStore: FileStore = {
  name: 'nothing',
  put: () => Promise.reject(new Error('Nothing is stored by a check.')),
  stat: () => Promise.resolve(undefined),
  open: () => Promise.resolve(undefined),
  remove: () => Promise.resolve(false),
  signUrl: () => Promise.reject(new Error('Nothing is stored by a check.')),
};

type Env = Readonly<Record<string, string | undefined>>;

/** The token that `fulfillment login --direct` has kept for this service. */
export const signedInToken =
  (env: Env) =>
  ({ http }: Pick<Config, 'http'>): (() => Promise<string>) => {
    const place = tokenFilePath({ xdgStateHome: env['XDG_STATE_HOME'], homeDirectory: homedir() });
    return createAccessToken({
      file: createTokenFile(place),
      deviceSignIn: createDeviceSignIn,
      now: systemClock.now,
      apiUrl: serviceAddress(env['FULFILLMENT_API_URL']?.trim() || http.publicBaseUrl),
    });
  };

/** @throws CommandFailure */
async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const opened = await open(file);
    try {
      // One byte more than it may have, so that a larger one is seen as such without being read.
      const buffer = Buffer.alloc(catalogBytesMax + 1);
      let read = 0;
      for (;;) {
        const { bytesRead } = await opened.read(buffer, read, buffer.byteLength - read);
        read += bytesRead;
        if (bytesRead === 0 || read === buffer.byteLength) return buffer.subarray(0, read);
      }
    } finally {
      await opened.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new CommandFailure(`There is no file ${file}.`, {
        exitCode: exitCodes.notFound,
        code: 'not_found',
      });
    throw new CommandFailure(`${file} cannot be read (${code ?? 'unknown'}).`, {
      exitCode: exitCodes.usage,
      code: 'unreadable',
      details: ['Name a catalogue: a file ….yaml or ….csv.'],
      cause: error,
    });
  }
}
