import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bookUpdateSubject } from '../../../src/domain/effectKey.ts';
import { createImportCatalog, createPlanCatalog } from '../../../src/operations/catalog/importCatalog.ts';
import { createListCatalog } from '../../../src/operations/catalog/listCatalog.ts';
import type { BookUpdate, BookUpdates } from '../../../src/ports/bookUpdates.ts';
import type { PlannedImport } from '../../../src/ports/catalogOutcome.ts';
import type { StepOutcome } from '../../../src/ports/step.ts';
import { bookOwners } from '../../../src/store/catalog/bookOwners.ts';
import { createCatalogStore } from '../../../src/store/catalog/catalogStore.ts';
import { catalogControl } from '../../../src/store/catalog/importCatalog.ts';
import { createCatalogReader } from '../../../src/store/catalog/readCatalog.ts';
import {
  type CatalogDirectory,
  catalogueOf,
  openCatalogDirectory,
  prepareCatalog,
} from '../../builders/catalogRun.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';
import { insertOwnedEbook } from '../../builders/ownedEbook.ts';
import { planOf, readStep } from '../../builders/steps.ts';
import { fakeBook, fakeBookMarkers } from '../../fakes/fakeBookMarker.ts';
import { createMemoryFileStore } from '../../fakes/memoryFileStore.ts';

let stack: OperationsStack;
let place: CatalogDirectory;
const store = createMemoryFileStore();
const markers = fakeBookMarkers();
const asked: BookUpdate[] = [];
const at = {
  catalogue: '',
  agreed: [] as PlannedImport[],
  /** What happens between the check and the rows. */
  meanwhile: async () => {},
};

/** Knows what it was asked for before, as the table of jobs does. */
const updates: BookUpdates = {
  async ask(_tx, wanted) {
    const known = new Set(asked.map(({ subjectKey }) => subjectKey));
    const added = wanted.filter(({ subjectKey }) => !known.has(subjectKey));
    asked.push(...added);
    return added.length;
  },
};

beforeAll(async () => {
  place = await openCatalogDirectory();
  await place.write(
    Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [`${name}.pdf`, fakeBook(name)])),
  );
  stack = await startOperationsStack((pool) => {
    const catalog = createCatalogReader(pool);
    let stored: (() => Promise<{ filesStored: number }>) | undefined;
    const run = {
      async prepare(
        standing: Awaited<ReturnType<typeof catalog.readCatalog>>,
        given: { changePrices: boolean },
      ) {
        const { directory } = place;
        const ready = await prepareCatalog({
          directory,
          catalogue: at.catalogue,
          markers,
          store,
          standing,
          ...given,
        });
        stored = () => ready.store(AbortSignal.timeout(5_000));
        return ready;
      },
      agree: async (planned: PlannedImport) => void at.agreed.push(planned),
      async store() {
        const done = (await stored?.()) ?? { filesStored: 0 };
        await at.meanwhile();
        return done;
      },
    };
    return [
      createImportCatalog({ catalog, control: catalogControl, owners: bookOwners, updates, run }),
      createPlanCatalog({ catalog, run }),
      createListCatalog(catalog),
    ];
  });
});
afterEach(async () => {
  at.meanwhile = async () => {};
  await stack.stopWorkers();
});
afterAll(async () => {
  await stack.stop();
  await place.remove();
});

const input = { source: 'books.yaml', sha256: 'ab'.repeat(32), notify: false, changePrices: false };
const bring = async (catalogue: string, more: Partial<typeof input> = {}) => {
  at.catalogue = catalogue;
  const { output, auditSeq } = await stack.ask('catalog:import', { ...input, ...more });
  return { done: output as Record<string, unknown>, auditSeq };
};
const bookOf = (id: string, more: Parameters<typeof catalogueOf>[0] = {}) =>
  catalogueOf({ id: `book-${id}`, files: { pdf: `${id}.pdf` }, price: `price_${id}`, ...more });

describe('an import of the catalogue', () => {
  it('writes what is sold and how its copies are made, with one row of audit', async () => {
    const { done, auditSeq } = await bring(
      bookOf('a', { more: ', stripe_product: prod_a, marking: { pages: every 3, text: { en: "{order}" } }' }),
    );
    expect(done).toMatchObject({
      filesStored: 3,
      problems: [],
      products: [{ productId: 'book-a', state: 'new' }],
    });
    const [audited] = (await stack.audit.list({}, { limit: 1 })).rows;
    expect(audited).toMatchObject({
      seq: auditSeq,
      actor: 'auth0|anna',
      action: 'catalog:import',
      target: { kind: 'catalog', id: 'books.yaml' },
      result: 'done',
      reason: 'the buyer called',
      before: { versions: { 'book-a': null } },
      after: { versions: { 'book-a': '1.0.0' } },
    });
    const catalog = createCatalogStore(stack.poolAs('fulfillment_worker'));
    expect(await catalog.findByPrices(['price_a'])).toMatchObject([
      { productId: 'book-a', version: '1.0.0', currency: 'pln', unitAmount: 4900, formats: ['pdf'] },
    ]);
    const file = await catalog.readFile('book-a', '1.0.0', 'pdf');
    expect(file).toMatchObject({
      way: 'tail',
      reach: 'full',
      revision: 1,
      master: { key: 'ebooks/book-a/1.0.0/file.pdf' },
      shared: {
        body: { key: 'ebooks/book-a/1.0.0/shared-1-every-3.pdf' },
        recipe: { key: 'ebooks/book-a/1.0.0/recipe-pdf-1-every-3' },
      },
      marking: { policy: 'block', pages: { every: 3 }, text: { en: '{order}' } },
    });
    for (const body of [file?.master, file?.shared?.body, file?.shared?.recipe]) {
      const { key, ...stored } = body ?? { key: '' };
      expect(await store.stat(key, AbortSignal.timeout(1_000))).toEqual(stored);
    }
    const { output } = await stack.ask('catalog:list', {}, { caller: callerOf('ops_viewer') });
    expect(output).toMatchObject({
      products: [
        {
          productId: 'book-a',
          versions: ['1.0.0'],
          marking: { pages: 'every 3' },
          files: [{ reach: 'full' }],
        },
      ],
    });
  });

  it('changes no row when it is the same again', async () => {
    await bring(bookOf('b'));
    const rows = () =>
      stack.rows(
        `select p.xmin::text, pr.xmin::text as price, f.xmin::text as file from fulfillment.catalog_products p
           join fulfillment.catalog_prices pr on pr.product_id = p.id join fulfillment.catalog_files f on f.product_id = p.id
          where p.id = 'book-b'`,
      );
    const before = await rows();
    const { done } = await bring(bookOf('b'));
    expect(done).toMatchObject({ filesStored: 0, products: [{ state: 'unchanged' }] });
    expect(await rows()).toEqual(before);
  });

  it.each(['ops_viewer', 'ops_editor', 'ops_finance'] as const)(
    'is refused to %s, and checks nothing',
    async (role) => {
      const before = markers.pdf.prepared.length;
      at.catalogue = bookOf('c');
      const caller = callerOf(role);
      expect(await stack.refusalOf('catalog:import', input, { caller })).toMatchObject({
        code: 'not_allowed',
      });
      expect(await stack.refusalOf('catalog:plan', input, { caller })).toMatchObject({ code: 'not_allowed' });
      expect(markers.pdf.prepared.length).toBe(before);
      expect([...store.objects.keys()].some((key) => key.includes('book-c'))).toBe(false);
    },
  );

  it('with a problem stores nothing and writes nothing', async () => {
    at.catalogue = bookOf('c', { amount: '49 PLN' });
    expect(await stack.refusalOf('catalog:import', input)).toMatchObject({ code: 'catalog_refused' });
    expect([...store.objects.keys()].some((key) => key.includes('book-c'))).toBe(false);
    expect(await stack.rows(`select from fulfillment.catalog_products where id = 'book-c'`)).toEqual([]);
  });

  it('that somebody else was faster than sells nothing, and goes through when it is run again', async () => {
    at.meanwhile = async () => {
      await stack.admin.query(
        `insert into fulfillment.catalog_products (id, title, version) values ('book-elsewhere', 'E', '1')
         on conflict (id) do update set title = 'F', updated_at = clock_timestamp()`,
      );
    };
    at.catalogue = bookOf('d');
    expect(await stack.refusalOf('catalog:import', input)).toMatchObject({ code: 'catalog_changed' });
    expect(await stack.rows(`select from fulfillment.catalog_products where id = 'book-d'`)).toEqual([]);
    at.meanwhile = async () => {};
    expect((await bring(bookOf('d'))).done).toMatchObject({ products: [{ state: 'new' }] });
  });

  it('wakes jobs that wait for what it brings, and says how many', async () => {
    const catalog = createCatalogStore(stack.poolAs('fulfillment_worker'));
    const step = readStep('ask', async (): Promise<StepOutcome> => {
      const [known] = await catalog.findByPrices(['price_e']);
      return known ? { kind: 'done' } : { kind: 'block', reason: 'unknown_product', recheckMs: 15 * 60_000 };
    });
    const plan = planOf([step]);
    const id = await stack.addJob(plan);
    stack.startWorker(plan, [step]);
    await stack.until(id, (job) => job.state === 'blocked' && !job.dispatch?.worker);
    at.catalogue = bookOf('e');
    const { output } = await stack.ask('catalog:plan', input);
    expect(output).toMatchObject({ jobsBlocked: 1, problems: [] });
    expect((await bring(bookOf('e'))).done).toMatchObject({ jobsWoken: 1 });
    expect((await stack.untilOver(id)).state).toBe('completed');
  });

  it('changes a price that is known otherwise only when that is said', async () => {
    await bring(bookOf('f'));
    at.catalogue = bookOf('f', { amount: '59.00 PLN' });
    expect(await stack.refusalOf('catalog:import', input)).toMatchObject({ code: 'catalog_refused' });
    await bring(at.catalogue, { changePrices: true });
    const prices = await stack.rows(
      `select unit_amount::int as amount from fulfillment.catalog_prices where stripe_price_id = 'price_f'`,
    );
    expect(prices).toEqual([{ amount: 5900 }]);
  });
});

describe('a new version of a book', () => {
  it('is asked for once for each owner of an earlier one, and for nobody when an old version is sold again', async () => {
    await bring(bookOf('g'));
    const owned = async (version: string, state: 'active' | 'revoked' = 'active') => {
      const { entitlementId } = await insertOwnedEbook(stack.admin, { state: 'active' });
      await stack.admin.query(
        `update fulfillment.ebook_entitlements set product_id = 'book-g', product_version = $2, state = $3 where id = $1`,
        [entitlementId, version, state],
      );
      return entitlementId;
    };
    const [first, gone, revoked] = [
      await owned('1.0.0'),
      await owned('0.9'),
      await owned('1.0.0', 'revoked'),
    ];
    await place.write({ 'g.pdf': fakeBook('g, second edition') });
    // The name of a version says nothing of its age.
    const second = bookOf('g', { version: '0.second' });
    at.catalogue = second;
    expect((await stack.ask('catalog:plan', { ...input, notify: true })).output).toMatchObject({
      owners: 2,
      products: [{ state: 'new_version', versionBefore: '1.0.0' }],
    });
    expect((await bring(second, { notify: true })).done).toMatchObject({ updatesAsked: 2 });
    expect(at.agreed.at(-1)).toMatchObject({ owners: 2 });
    expect(asked.map(({ subjectKey }) => subjectKey).toSorted()).toEqual(
      [first, gone].map((id) => bookUpdateSubject(id, '0.second')).toSorted(),
    );
    expect(asked).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          entitlementId: first,
          productId: 'book-g',
          version: '1.0.0',
          newVersion: '0.second',
          notify: true,
        }),
      ]),
    );
    expect(asked.some(({ entitlementId }) => entitlementId === revoked)).toBe(false);

    // Somebody whose order was on its way meanwhile is found by the same import later.
    const late = await owned('1.0.0');
    expect((await bring(second)).done).toMatchObject({ updatesAsked: 1 });
    expect(asked.at(-1)).toMatchObject({ entitlementId: late });

    await owned('0.second');
    await place.write({ 'g.pdf': fakeBook('g') });
    expect((await bring(bookOf('g'))).done).toMatchObject({
      updatesAsked: 0,
      products: [{ state: 'version_again', notes: [expect.stringMatching(/sold again/)] }],
    });
    expect((await bring(bookOf('g'))).done).toMatchObject({
      updatesAsked: 1,
      products: [{ state: 'unchanged' }],
    });
    expect(asked.at(-1)).toMatchObject({ entitlementId: gone, newVersion: '1.0.0' });
  });
});
