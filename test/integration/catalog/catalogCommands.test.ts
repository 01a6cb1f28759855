import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogDuties } from '../../../src/main/catalogDuties.ts';
import { type CatalogDirectory, catalogueOf, openCatalogDirectory } from '../../builders/catalogRun.ts';
import { documentOf, problemOf, runOperators } from '../../builders/commandLine.ts';
import { buildConfig } from '../../builders/config.ts';
import { staffAudience, startStaffStack, type StaffStack } from '../../builders/staffStack.ts';
import { fakeBook, fakeBookMarkers } from '../../fakes/fakeBookMarker.ts';
import { createMemoryFileStore } from '../../fakes/memoryFileStore.ts';
import { urlAs } from '../../setup/database.ts';

let stack: StaffStack;
let place: CatalogDirectory;
const store = createMemoryFileStore();
beforeAll(async () => {
  [stack, place] = await Promise.all([startStaffStack(), openCatalogDirectory()]);
  await place.write({
    'books.yaml': catalogueOf({ id: 'calm' }, { id: 'other', more: ', marking: { policy: plain }' }),
    'calm.pdf': fakeBook('Calm'),
    'other.pdf': fakeBook('Other', { reach: 'none', finding: 'warning odd_fonts' }),
  });
});
afterAll(async () => {
  await stack.stop();
  await place.remove();
});

/** The command over the service's own configuration, as somebody of the staff. */
async function run(words: string, email = 'admin@staff.example') {
  const config = buildConfig();
  const accessToken = await stack.token(email);
  const duties = catalogDuties({
    readServiceConfig: () => ({
      ...config,
      staff: { ...config.staff!, issuer: stack.issuer, audience: staffAudience },
      database: {
        ...config.database,
        operationsUrl: urlAs(stack.pools.database, 'fulfillment_operations'),
        readerUrl: urlAs(stack.pools.database, 'fulfillment_reader'),
      },
    }),
    accessTokenFor: () => async () => accessToken,
    markers: fakeBookMarkers(),
    createStore: () => store,
  });
  const given = words.replace('@', `${join(place.directory, 'books')}.`);
  return runOperators(given, { duties: { catalog: () => duties } });
}

const products = () => stack.pools.rows('select id, version from fulfillment.catalog_products order by id');

describe('the commands of the catalogue', () => {
  it('check and a dry run store nothing', async () => {
    expect(await run('catalog check @yaml')).toMatchObject({ code: 0 });
    const planned = await run('catalog import @yaml --dry-run --json');
    expect(planned).toMatchObject({ code: 0 });
    expect(documentOf(planned)).toMatchObject({ ok: true, dryRun: true, jobsBlocked: 0, owners: 0 });
    expect(await products()).toEqual([]);
    expect([...store.objects]).toEqual([]);
  });

  it('import is refused to those who may not, before a book is opened', async () => {
    const ran = await run('catalog import @yaml --json', 'editor@staff.example');
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(problemOf(ran)).toMatchObject({ kind: 'not_allowed' });
    expect([...store.objects]).toEqual([]);
  });

  it('import sells what was checked, and is written into the audit as done from here', async () => {
    const ran = await run('catalog import @yaml --reason=opening');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatch(/- other pdf: The file is odd_fonts\./);
    expect(ran.out).toMatch(/Imported: 2 products changed, 4 files stored\.\n$/);
    expect(await products()).toEqual([
      { id: 'calm', version: '1.0.0' },
      { id: 'other', version: '1.0.0' },
    ]);
    const { rows } = await stack.audit.list({ action: 'catalog:import', result: 'done' }, { limit: 5 });
    expect(rows).toMatchObject([{ channel: 'cli', roles: ['ops_admin'], reason: 'opening' }]);
    expect((await run('catalog import @yaml')).out).toMatch(/Nothing has changed\.\n$/);
  });

  it('import with problems ends with 7, tells them as what they are, and leaves what is sold as it is', async () => {
    await place.write({ 'calm.pdf': fakeBook('Calm, corrected') });
    const ran = await run('catalog import @yaml');
    expect(ran).toMatchObject({ code: 7 });
    expect(ran.out).toMatch(/^books\.yaml:2:\d+ products\[1\]\.files\.pdf$/m);
    expect(ran.out).toMatch(/other bytes/);
    await place.write({ 'calm.pdf': fakeBook('Calm') });
  });

  it('check compares what is stored with what was imported', async () => {
    expect(await run('catalog check')).toMatchObject({ code: 0 });
    store.objects.delete('ebooks/other/1.0.0/file.pdf');
    const ran = await run('catalog check');
    expect(ran).toMatchObject({ code: 7 });
    expect(ran.out).toMatch(/^other 1\.0\.0 pdf: missing\n/);
    expect(await run('catalog import @yaml')).toMatchObject({ code: 0 });
    expect(await run('catalog check')).toMatchObject({ code: 0 });
  });

  it('name a file that there is not', async () => {
    expect(await run('catalog import @gone')).toMatchObject({ code: 3 });
    expect(await run('catalog check /')).toMatchObject({ code: 2 });
  });
});
