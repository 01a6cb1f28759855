import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CatalogDirectory,
  catalogueOf,
  openCatalogDirectory,
  prepareCatalog,
} from '../../test/builders/catalogRun.ts';
import { fakeBook, fakeBookMarkers } from '../../test/fakes/fakeBookMarker.ts';
import { createMemoryFileStore } from '../../test/fakes/memoryFileStore.ts';
import type { StandingProduct } from '../ports/catalogImport.ts';
import type { PreparedImport } from '../ports/catalogOutcome.ts';

let place: CatalogDirectory;
beforeEach(async () => {
  place = await openCatalogDirectory();
});
afterEach(() => place.remove());

const signal = AbortSignal.timeout(60_000);

function anImport(options: { revision?: number } = {}) {
  const markers = fakeBookMarkers(options);
  const store = createMemoryFileStore();
  return {
    markers,
    store,
    keys: () => [...store.objects.keys()].toSorted(),
    prepare: (catalogue: string, more: object = {}) =>
      prepareCatalog({ directory: place.directory, catalogue, markers, store, ...more }),
  };
}

/** The catalogue as it is once the rows are written. */
const standingAfter = ({ entries }: PreparedImport): StandingProduct[] =>
  entries.map(({ files, ...entry }) => ({
    ...entry,
    updatedAt: new Date(0),
    files: files.map((file) => ({ ...file, version: entry.version, importedAt: new Date(0) })),
  }));

describe('an import', () => {
  it('stores master, shared body and recipe under keys that say how they were made', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm'), 'calm.epub': fakeBook('Calm') });
    const run = anImport();
    const catalogue = catalogueOf({
      files: { pdf: 'calm.pdf', epub: 'calm.epub' },
      more: ', marking: { pages: every 3 }',
    });
    const ready = await run.prepare(catalogue);
    expect(ready.problems).toEqual([]);
    expect(run.keys()).toEqual([]);
    expect(await ready.store(signal)).toEqual({ filesStored: 6 });
    expect(run.keys()).toEqual([
      'ebooks/calm/1.0.0/file.epub',
      'ebooks/calm/1.0.0/file.pdf',
      'ebooks/calm/1.0.0/recipe-epub-1-all',
      'ebooks/calm/1.0.0/recipe-pdf-1-every-3',
      'ebooks/calm/1.0.0/shared-1-all.epub',
      'ebooks/calm/1.0.0/shared-1-every-3.pdf',
    ]);
    expect(ready.products).toMatchObject([
      {
        productId: 'calm',
        state: 'new',
        files: [{ state: 'new', reach: 'full', way: 'tail', pageCount: 3 }, {}],
      },
    ]);
  });

  it('stores nothing and asks no marker the second time', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm') });
    const run = anImport();
    const first = await run.prepare(catalogueOf({}));
    await first.store(signal);
    run.markers.pdf.prepared.length = 0;
    const again = await run.prepare(catalogueOf({}), { standing: standingAfter(first) });
    expect(again.products).toMatchObject([{ state: 'unchanged', files: [{ state: 'known' }] }]);
    expect(await again.store(signal)).toEqual({ filesStored: 0 });
    expect(run.markers.pdf.prepared).toEqual([]);
    expect(again.entries).toMatchObject(first.entries);
  });

  it('is finished by running it again, wherever it was cut off', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm'), 'other.pdf': fakeBook('Other') });
    const catalogue = catalogueOf({}, { id: 'other' });
    const whole = anImport();
    await (await whole.prepare(catalogue)).store(signal);
    for (let cutAt = 0; cutAt < whole.keys().length; cutAt += 1) {
      const run = anImport();
      const ready = await run.prepare(catalogue);
      const { put } = run.store;
      let puts = 0;
      run.store.put = (...asked) => {
        if (puts++ === cutAt) return Promise.reject(new Error('cut off'));
        return put(...asked);
      };
      await expect(ready.store(signal)).rejects.toThrow('cut off');
      run.store.put = put;
      const again = await run.prepare(catalogue);
      expect(again.problems).toEqual([]);
      await again.store(signal);
      expect(run.keys()).toEqual(whole.keys());
    }
  });

  it('puts back what is missing in the store', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm') });
    const run = anImport();
    const first = await run.prepare(catalogueOf({}));
    await first.store(signal);
    const before = run.keys();
    run.store.objects.delete('ebooks/calm/1.0.0/recipe-pdf-1-all');
    const again = await run.prepare(catalogueOf({}), { standing: standingAfter(first) });
    expect(again.products).toMatchObject([{ files: [{ state: 'put_back' }] }]);
    await again.store(signal);
    expect(run.keys()).toEqual(before);
  });

  it('prepares anew what another release or other pages ask for, and keeps what copies were made of', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm') });
    const run = anImport();
    const first = await run.prepare(catalogueOf({}));
    await first.store(signal);
    const before = run.keys();
    const standing = standingAfter(first);
    const { store } = run;
    const newer = await run.prepare(catalogueOf({}), { standing, markers: fakeBookMarkers({ revision: 2 }) });
    expect(newer.products).toMatchObject([{ state: 'changed', files: [{ state: 'prepared_anew' }] }]);
    await newer.store(signal);
    expect(run.keys()).toEqual(expect.arrayContaining([...before, 'ebooks/calm/1.0.0/shared-2-all.pdf']));
    const otherPages = await run.prepare(catalogueOf({ more: ', marking: { pages: first }' }), { standing });
    expect(otherPages.products).toMatchObject([{ files: [{ state: 'prepared_anew' }] }]);
    await otherPages.store(signal);
    expect(store.objects.has('ebooks/calm/1.0.0/shared-1-first.pdf')).toBe(true);
  });

  it('shares the master itself where only hidden marks are added', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm', { reach: 'hidden' }) });
    const run = anImport();
    const ready = await run.prepare(catalogueOf({ more: ', marking: { policy: generic }' }));
    await ready.store(signal);
    expect(run.keys()).toEqual(['ebooks/calm/1.0.0/file.pdf', 'ebooks/calm/1.0.0/recipe-pdf-1-all']);
    expect(ready.entries[0]?.files[0]?.shared?.body.key).toBe('ebooks/calm/1.0.0/file.pdf');
  });

  it.each([
    ['block', 'hidden', true],
    ['block', 'none', true],
    ['generic', 'hidden', false],
    ['generic', 'none', true],
    ['plain', 'none', false],
    ['plain', 'hidden', false],
  ] as const)(
    'under policy %s, with copies marked %s, refuses the book: %s',
    async (policy, reach, refuses) => {
      await place.write({ 'calm.pdf': fakeBook('Calm', { reach, finding: 'warning odd_fonts' }) });
      const run = anImport();
      const ready = await run.prepare(catalogueOf({ more: `, marking: { policy: ${policy} }` }));
      expect(ready.problems.length > 0).toBe(refuses);
      if (refuses) {
        expect(ready.problems[0]).toMatchObject({ line: 2, field: 'products[1].files.pdf' });
        expect(ready.problems[0]?.message).toMatch(/The file is odd_fonts\./);
        await expect(ready.store(signal)).rejects.toThrow();
      }
      expect(run.keys()).toEqual([]);
    },
  );

  it('insists on a stricter policy also for a file that it knows', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm', { reach: 'hidden' }) });
    const run = anImport();
    const first = await run.prepare(catalogueOf({ more: ', marking: { policy: generic }' }));
    await first.store(signal);
    const again = await run.prepare(catalogueOf({}), { standing: standingAfter(first) });
    expect(again.told()).toEqual([expect.stringMatching(/no visible line, and its policy is block/)]);
  });

  it('refuses a file that cannot be sold under any policy, and stores none of its neighbours', async () => {
    await place.write({
      'calm.pdf': fakeBook('Calm'),
      'other.pdf': fakeBook('x', { finding: 'error encrypted' }),
    });
    const run = anImport();
    const ready = await run.prepare(catalogueOf({}, { id: 'other', more: ', marking: { policy: plain }' }));
    expect(ready.told()).toEqual(['3: The file is encrypted.']);
    await expect(ready.store(signal)).rejects.toThrow();
    expect(run.keys()).toEqual([]);
  });

  it('refuses other bytes under the same version, known or left over', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm') });
    const run = anImport();
    const first = await run.prepare(catalogueOf({}));
    await first.store(signal);
    await place.write({ 'calm.pdf': fakeBook('Calm, corrected') });
    const known = await run.prepare(catalogueOf({}), { standing: standingAfter(first) });
    expect(known.problems).toMatchObject([
      { message: expect.stringMatching(/other bytes/), remedy: expect.stringMatching(/new version/) },
    ]);
    const leftOver = await run.prepare(catalogueOf({}));
    expect(leftOver.told()).toEqual([expect.stringMatching(/other bytes .* import that never ended/)]);
  });
});

describe('prices that are known otherwise', () => {
  const known = async (run: ReturnType<typeof anImport>) => {
    await place.write({ 'calm.pdf': fakeBook('Calm'), 'other.pdf': fakeBook('Other') });
    const first = await run.prepare(catalogueOf({}));
    await first.store(signal);
    return standingAfter(first);
  };

  it.each([
    ['of another product', { id: 'other', price: 'price_calm' }, /price_calm sells calm in the catalogue/],
    [
      'with another amount',
      { amount: '59.00 PLN' },
      /price_calm is PLN\s49\.00 in the catalogue, and PLN\s59\.00 here/,
    ],
    [
      'with another currency',
      { amount: '49.00 EUR' },
      /price_calm is PLN\s49\.00 in the catalogue, and €49\.00 here/,
    ],
  ])('%s are refused, unless it is meant', async (_what, listed, told) => {
    const run = anImport();
    const standing = await known(run);
    const refused = await run.prepare(catalogueOf(listed), { standing });
    expect(refused.told()).toEqual([expect.stringMatching(told)]);
    const meant = await run.prepare(catalogueOf(listed), { standing, changePrices: true });
    expect(meant.problems).toEqual([]);
    expect(meant.products[0]?.prices.changed).toEqual(['price_calm']);
  });

  it('and are not listed any more go on to sell it', async () => {
    const run = anImport();
    const standing = await known(run);
    const ready = await run.prepare(catalogueOf({ price: 'price_new' }), { standing });
    expect(ready.products).toMatchObject([
      { state: 'changed', prices: { added: ['price_new'], changed: [], kept: ['price_calm'] } },
    ]);
  });

  it('do not excuse a product of Stripe that belongs to another one', async () => {
    const run = anImport();
    const standing = (await known(run)).map((one) => ({ ...one, stripeProductId: 'prod_1' }));
    const listed = catalogueOf({ id: 'other', more: ', stripe_product: prod_1' });
    const ready = await run.prepare(listed, { standing, changePrices: true });
    expect(ready.told()).toEqual([expect.stringMatching(/prod_1 belongs to calm/)]);
  });
});

describe('files that a catalogue names', () => {
  it.each([
    ['../secret.pdf', /lies outside/],
    ['/etc/hostname', /lies outside/],
    ['link.pdf', /lies outside/],
    ['loop.pdf', /leads to itself/],
    ['folder', /is no file/],
    ['empty.pdf', /is empty/],
    ['gone.pdf', /is not there/],
    ['large.pdf', /larger than 1 MB/],
    ['calm.pdf/x.pdf', /is not there/],
  ])('are refused like %s', async (named, told) => {
    await place.write({
      'shop/calm.pdf': fakeBook('Calm'),
      'shop/empty.pdf': '',
      'shop/folder/x': 'x',
      'shop/large.pdf': 'x'.repeat(1_000_001),
      'secret.pdf': fakeBook('Secret'),
    });
    const directory = join(place.directory, 'shop');
    await symlink('../secret.pdf', join(directory, 'link.pdf'));
    await symlink('loop.pdf', join(directory, 'loop.pdf'));
    const run = anImport();
    const ready = await run.prepare(catalogueOf({ files: { pdf: named } }), { directory });
    expect(ready.told()).toEqual([expect.stringMatching(told)]);
    expect(run.markers.pdf.prepared).toEqual([]);
  });

  it('may lie elsewhere when that is allowed, and inside by a link', async () => {
    await place.write({ 'secret.pdf': fakeBook('Secret'), 'shop/calm.pdf': fakeBook('Calm') });
    const directory = join(place.directory, 'shop');
    await symlink('calm.pdf', join(directory, 'link.pdf'));
    const run = anImport();
    const outside = catalogueOf({ files: { pdf: '../secret.pdf' } });
    expect((await run.prepare(outside, { directory, allowOutside: true })).problems).toEqual([]);
    expect((await run.prepare(catalogueOf({ files: { pdf: 'link.pdf' } }), { directory })).problems).toEqual(
      [],
    );
    const twice = catalogueOf({ files: { pdf: 'link.pdf' } }, { id: 'other', files: { pdf: 'calm.pdf' } });
    expect((await run.prepare(twice, { directory })).told()).toEqual([
      expect.stringMatching(/same file as in line 2/),
    ]);
  });
});
