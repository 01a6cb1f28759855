import { describe, expect, it } from 'vitest';
import { documentOf, runOperators } from '../../../../test/builders/commandLine.ts';
import type {
  CatalogReport,
  DoneImport,
  PlannedImport,
  ProductOutcome,
  StoreReport,
} from '../../../ports/catalogOutcome.ts';
import type { CatalogDuties, ImportGiven } from '../../duties.ts';

const product: ProductOutcome = {
  productId: 'calm-checkout',
  title: 'The Calm Checkout',
  version: '1.1.0',
  state: 'new_version',
  versionBefore: '1.0.0',
  prices: { added: [], changed: ['price_1'], kept: [] },
  files: [
    {
      format: 'pdf',
      state: 'new',
      sizeBytes: 20_400_000,
      sha256: 'ab',
      pageCount: 300,
      way: 'tail',
      reach: 'full',
      findings: [{ code: 'odd_fonts', severity: 'warning', message: 'Some fonts are odd\u001b[31m.' }],
    },
    {
      format: 'epub',
      state: 'known',
      sizeBytes: 900,
      sha256: 'cd',
      pageCount: null,
      way: 'rewrite',
      reach: 'hidden',
      findings: [],
    },
  ],
  notes: ['Prices that the file does not name still sell it: price_0.'],
};
const sound: CatalogReport = { products: [product], problems: [] };
const broken: CatalogReport = {
  products: [],
  problems: [
    {
      file: 'books.yaml',
      line: 12,
      column: 7,
      field: 'products[1].version',
      message: 'version is missing.',
      remedy: 'Add it.',
    },
  ],
};
const done: DoneImport = { ...sound, filesStored: 3, jobsWoken: 2, updatesAsked: 41 };
const planned: PlannedImport = { ...sound, jobsBlocked: 2, owners: 41 };
const stored: StoreReport = { products: 1, files: 2, sizeBytes: 1_500_000_000, findings: [] };

/** Runs a command with duties that answer as told. */
async function run(words: string, duties: Partial<CatalogDuties> = {}, more: { typed?: string[] } = {}) {
  const requests: ImportGiven[] = [];
  const answers: CatalogDuties = {
    checkFile: async () => sound,
    checkStore: async () => stored,
    async plan(given) {
      requests.push(given);
      return planned;
    },
    async import(given, agree) {
      requests.push(given);
      given.onProgress({ stage: 'checking', what: 'calm-checkout pdf', doneBytes: 1, totalBytes: 4 });
      await agree(planned);
      return { report: done, auditSeq: 9 };
    },
    ...duties,
  };
  return { requests, ...(await runOperators(words, { ...more, duties: { catalog: () => answers } })) };
}

describe('catalog import', () => {
  it('says what becomes of each file, what was found in it, and whom it reaches', async () => {
    const ran = await run('catalog import shop/books.yaml --reason "x" --change-prices');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatchInlineSnapshot(`
      "PRODUCT        VERSION        FILE     SIZE  PAGES  COPIES                 STATE
      calm-checkout  1.0.0 → 1.1.0  pdf   20.4 MB    300  line and hidden marks  new
                                    epub     1 kB      ?  hidden marks only, w…  known
      - calm-checkout pdf: Some fonts are odd\\x1b[31m.
      - calm-checkout: prices changed: price_1
      - calm-checkout: Prices that the file does not name still sell it: price_0.

      Imported: 1 product changed, 3 files stored. Blocked jobs that look again now: 2. Owners who get the new version: 41.
      "
    `);
    expect(ran.out).not.toContain('\u001b');
    expect(ran.requests).toMatchObject([
      { path: 'shop/books.yaml', notify: false, changePrices: true, allowOutside: false },
    ]);
  });

  it('with problems tells each by its place with a remedy, and ends with 7', async () => {
    const ran = await run('catalog import books.yaml', { import: async () => ({ report: broken }) });
    expect(ran).toMatchObject({
      code: 7,
      out: 'books.yaml:12:7 products[1].version\n  version is missing.\n  Add it.\n1 problem: nothing was imported.\n',
    });
  });

  it('asks before it sends mails to owners, and not where nobody could answer', async () => {
    const refused = await run('catalog import books.yaml --notify', {}, { typed: ['n'] });
    expect(refused).toMatchObject({ code: 5 });
    expect(refused.questions).toEqual([
      'This would import the catalogue and send a mail to 41 owners of earlier versions. Do it? [y/N] ',
    ]);
    expect(await run('catalog import books.yaml --notify')).toMatchObject({ code: 5, out: '' });
    expect(await run('catalog import books.yaml --notify', {}, { typed: ['y'] })).toMatchObject({ code: 0 });
    const yes = await run('catalog import books.yaml --notify --yes');
    expect(yes).toMatchObject({ code: 0, requests: [{ notify: true }] });
    expect(yes.out).toMatch(/Owners who get the new version, and a mail: 41\./);
  });

  it('asks nothing when nobody is mailed', async () => {
    expect(await run('catalog import books.yaml', {}, { typed: [] })).toMatchObject({
      code: 0,
      questions: [],
    });
  });

  it('in a dry run changes nothing', async () => {
    const ran = await run('catalog import books.yaml --dry-run', {
      import: () => Promise.reject(new Error('not expected')),
    });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatch(
      /This can be imported\. Blocked jobs that would look again: 2\. Owners who would get the new version: 41\. Nothing was done\./,
    );
  });

  it('is one document with --json, problems and all', async () => {
    expect(documentOf(await run('catalog import books.yaml --json'))).toMatchObject({
      schema: 'fulfillment/catalog-import@1',
      ok: true,
      auditSeq: 9,
      filesStored: 3,
      products: [{ productId: 'calm-checkout' }],
    });
    const refused = await run('catalog import books.yaml --json', {
      import: async () => ({ report: broken }),
    });
    expect(refused.code).toBe(7);
    expect(documentOf(refused)).toMatchObject({
      ok: false,
      problems: [{ line: 12, field: 'products[1].version' }],
    });
  });
});

describe('catalog check', () => {
  it('of a file ends with 7 when a book cannot be sold', async () => {
    expect(await run('catalog check books.yaml')).toMatchObject({ code: 0 });
    const bad = await run('catalog check books.yaml', { checkFile: async () => broken });
    expect(bad).toMatchObject({ code: 7 });
  });

  it('of the store tells what is missing or damaged, and lets outdated files pass', async () => {
    expect(await run('catalog check')).toMatchObject({
      code: 0,
      out: 'All 2 files of 1 product are stored as they were imported (1.5 GB).\n',
    });
    const finding = {
      productId: 'calm',
      version: '1.0.0',
      format: 'pdf' as const,
      part: 'master' as const,
      message: 'It is so.',
      remedy: 'Do this.',
    };
    const outdated = await run('catalog check', {
      checkStore: async () => ({ ...stored, findings: [{ ...finding, state: 'outdated' }] }),
    });
    expect(outdated).toMatchObject({ code: 0 });
    expect(outdated.out).toMatch(/^calm 1\.0\.0 pdf: outdated\n {2}It is so\.\n {2}Do this\.\n/);
    const missing = await run('catalog check', {
      checkStore: async () => ({ ...stored, findings: [{ ...finding, state: 'missing' }] }),
    });
    expect(missing).toMatchObject({ code: 7 });
    expect(missing.out).toMatch(/1 file of the catalogue cannot be used\.\n$/);
  });
});

describe('catalog list', () => {
  it('shows what is sold', async () => {
    const ran = await runOperators('catalog list', {
      operations: {
        'catalog:list': {
          products: [
            {
              productId: 'calm',
              title: 'Calm',
              version: '1.0.0',
              marking: { policy: 'block' },
              prices: [
                { currency: 'pln', unitAmount: 4900 },
                { currency: 'jpy', unitAmount: 1500 },
              ],
              files: [
                { format: 'pdf', reach: 'full', sizeBytes: 1 },
                { format: 'epub', reach: 'none', sizeBytes: 1 },
              ],
            },
          ],
        },
      },
    });
    expect(ran).toMatchObject({
      code: 0,
      out: 'PRODUCT  VERSION  FILES                   MARKING  PRICES               TITLE\ncalm     1.0.0    pdf, epub (not marked)  block    49.00 PLN, 1500 JPY  Calm\n',
    });
  });

  it('says how to begin where nothing is sold', async () => {
    const ran = await runOperators('catalog list', { operations: { 'catalog:list': { products: [] } } });
    expect(ran.out).toMatch(/catalog import catalogue\.yaml/);
  });
});
