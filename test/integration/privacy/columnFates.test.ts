import { afterAll, beforeAll, expect, it } from 'vitest';
import { columnFates } from '../../../src/store/privacy/columnFates.ts';
import { openTestPools, type TestPools } from '../../builders/testPools.ts';

let pools: TestPools;

beforeAll(async () => {
  pools = await openTestPools();
});
afterAll(() => pools.stop());

async function columnsOfDatabase(): Promise<string[]> {
  const { rows } = await pools.admin.query<{ name: string }>(
    `select c.relname || '.' || a.attname as name
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  return rows.map(({ name }) => name).toSorted();
}

const classified = Object.entries(columnFates).flatMap(([table, { noPerson, erased, kept }]) =>
  [...noPerson, ...Object.keys(erased ?? {}), ...Object.keys(kept ?? {})].map(
    (column) => `${table}.${column}`,
  ),
);

it('says of every column what becomes of it when a person is forgotten, and of no other', async () => {
  const columns = await columnsOfDatabase();
  expect(columns.length).toBeGreaterThan(300);
  expect(columns.filter((name) => !classified.includes(name))).toEqual([]);
  expect(classified.filter((name) => !columns.includes(name))).toEqual([]);
});

it('says one thing of each', () => {
  expect(classified.filter((name, index) => classified.indexOf(name) !== index)).toEqual([]);
});
