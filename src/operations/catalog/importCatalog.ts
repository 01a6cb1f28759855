import { z } from 'zod';
import { bookUpdateSubject } from '../../domain/effectKey.ts';
import type { BookOwners, BookUpdates } from '../../ports/bookUpdates.ts';
import type { CatalogControl, CatalogReader, StandingProduct } from '../../ports/catalogImport.ts';
import type {
  DoneImport,
  PlannedImport,
  PreparedImport,
  ProductOutcome,
} from '../../ports/catalogOutcome.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { ChangeOperation, ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

const input = z.strictObject({
  source: z.string().max(200).describe('Name of the catalogue file'),
  sha256: z.string().describe('Of the catalogue file'),
  notify: z.boolean().describe('Whether owners get a mail about a new version'),
  changePrices: z.boolean().describe('Whether prices that are known otherwise are changed'),
});
export type ImportInput = z.infer<typeof input>;

/** What one run of the import has at hand: a catalogue file of this machine and the store. */
export interface ImportRun {
  /** Checks everything and compares it with what is known; stores nothing. */
  prepare(standing: StandingProduct[], given: ImportInput): Promise<PreparedImport>;
  /** Asks whoever imports, where it matters. @throws when they do not agree */
  agree(planned: PlannedImport): Promise<void>;
  /** Puts into the store what was prepared. */
  store(): Promise<{ filesStored: number }>;
}

export interface ImportCatalogOptions {
  catalog: CatalogReader;
  control: CatalogControl;
  owners: BookOwners;
  updates: BookUpdates;
  run: ImportRun;
}

interface Seen {
  standing: StandingProduct[];
  prepared: PreparedImport;
  filesStored: number;
}

const output = z.custom<DoneImport>();

/**
 * Brings a catalogue in: files into the store first, then products, prices, files and jobs for owners in one transaction
 * with the row of audit. It reads files of the machine it runs on, so it is no part of the API.
 */
export function createImportCatalog(
  options: ImportCatalogOptions,
): ChangeOperation<ImportInput, DoneImport, Seen> {
  const { catalog, control, run } = options;
  return {
    kind: 'change',
    name: 'catalog:import',
    permission: 'catalog:import',
    summary: 'Bring products, prices and files into the catalogue',
    path: '/catalog/import',
    reason: 'optional',
    input,
    output,
    target: ({ source }) => ({ kind: 'catalog', id: source }),

    async look(given) {
      const standing = await catalog.readCatalog();
      const prepared = await run.prepare(standing, given);
      const { problems, products } = prepared;
      if (problems.length > 0) throw refused(problems.length);
      await run.agree(await planned(catalog, { products, problems }));
      return { standing, prepared, ...(await run.store()) };
    },

    async change(tx, given, _by, seen) {
      if (!seen) throw new Error('An import looks first.');
      const { prepared, filesStored } = seen;
      const now = await control.lockCatalog(tx);
      if (JSON.stringify(now) !== JSON.stringify(seen.standing)) throw moved();
      const { jobsWoken } = await control.write(tx, prepared.entries);
      const updatesAsked = await askForUpdates(tx, prepared.products, given.notify, options);
      const { products } = prepared;
      const changed = products.filter(({ state }) => state !== 'unchanged');
      return {
        output: { products, problems: [], filesStored, jobsWoken, updatesAsked },
        before: versions(changed.map((one) => [one.productId, one.versionBefore])),
        after: versions(changed.map((one) => [one.productId, one.version])),
        details: {
          sha256: given.sha256,
          notify: given.notify,
          filesStored,
          jobsWoken,
          updatesAsked,
          pricesChanged: products.flatMap(({ prices }) => prices.changed),
        },
        work: true,
      };
    },
  };
}

/** What an import would do, for those who may import. */
export function createPlanCatalog({
  catalog,
  run,
}: Pick<ImportCatalogOptions, 'catalog' | 'run'>): ReadOperation<ImportInput, PlannedImport> {
  return {
    kind: 'read',
    name: 'catalog:plan',
    permission: 'catalog:import',
    summary: 'Show what an import would do',
    path: '/catalog/plan',
    input,
    output: z.custom<PlannedImport>(),
    read: async (given) => planned(catalog, await run.prepare(await catalog.readCatalog(), given)),
  };
}

async function planned(
  catalog: CatalogReader,
  { products, problems }: Pick<PreparedImport, 'products' | 'problems'>,
): Promise<PlannedImport> {
  const [older, blocked] = await Promise.all([
    catalog.countOwners(products.filter(bringsToOwners)),
    catalog.countBlocked(),
  ]);
  return {
    products,
    problems,
    jobsBlocked: blocked,
    owners: [...older.values()].reduce((sum, count) => sum + count, 0),
  };
}

/** A version that is sold again is nobody's new one. */
const bringsToOwners = ({ state }: ProductOutcome) => state !== 'new' && state !== 'version_again';

/** For every owner of an earlier version; those for whom it was asked for before are left alone. */
async function askForUpdates(
  tx: Transaction,
  products: readonly ProductOutcome[],
  notify: boolean,
  { owners, updates }: Pick<ImportCatalogOptions, 'owners' | 'updates'>,
): Promise<number> {
  const wanted = products.filter(bringsToOwners);
  if (wanted.length === 0) return 0;
  const found = await owners.ownersOf(tx, wanted);
  if (found.length === 0) return 0;
  return updates.ask(
    tx,
    found.map((owner) => ({
      ...owner,
      notify,
      subjectKey: bookUpdateSubject(owner.entitlementId, owner.newVersion),
    })),
  );
}

const versions = (pairs: Array<[string, string | null]>) => ({ versions: Object.fromEntries(pairs) });

const refused = (count: number) =>
  new Refusal({
    kind: 'invalid_input',
    code: 'catalog_refused',
    detail: `The catalogue has ${count === 1 ? 'a problem' : `${count} problems`}: nothing was imported.`,
    remedy: 'Mend what is named, and import again.',
  });

const moved = () =>
  new Refusal({
    kind: 'changed',
    code: 'catalog_changed',
    detail: 'Somebody else has changed the catalogue meanwhile: nothing of this import is sold yet.',
    remedy: 'Import again: what is stored is not stored twice.',
  });
