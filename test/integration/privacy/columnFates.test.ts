import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { columnFates } from '../../../src/store/privacy/columnFates.ts';
import type { TableFates } from '../../../src/store/privacy/fates.ts';
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

/** Everything that is said of columns, column by column where it differs. */
function linesOf(table: string, { noPerson, erased = {}, kept = {} }: TableFates): string[] {
  const grouped = (fates: Readonly<Record<string, string>>, verb: string) =>
    [...new Set(Object.values(fates))].map((fate) => {
      const columns = Object.keys(fates).filter((column) => fates[column] === fate);
      return `| ${columns.map((column) => `\`${column}\``).join(', ')} | ${verb} | ${fate} |`;
    });
  const lines = [...grouped(erased, 'overwritten'), ...grouped(kept, 'kept')];
  if (lines.length === 0) return [];
  return [
    `## ${table}`,
    '',
    '| columns | when a person is forgotten | by what, or why |',
    '| --- | --- | --- |',
    ...lines,
    ...(noPerson.length > 0
      ? ['', `Says nothing of anybody: ${noPerson.map((column) => `\`${column}\``).join(', ')}.`]
      : []),
    '',
  ];
}

it('is what docs/personal-data.md tells a data protection officer; --update writes it anew', async () => {
  const file = fileURLToPath(new URL('../../../docs/personal-data.md', import.meta.url));
  const tables = Object.entries(columnFates).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const silent = tables.filter(([, { erased, kept }]) => !erased && !kept).map(([table]) => `\`${table}\``);
  const text = [
    '# Personal data, column by column',
    '',
    'What becomes of each column of the database when a person is forgotten. Made from [`src/store/privacy`](../src/store/privacy/columnFates.ts), which a test holds against the database; [privacy.md](privacy.md) says the same in words.',
    '',
    ...tables.flatMap(([table, fates]) => linesOf(table, fates)),
    '## Tables that say nothing of a buyer',
    '',
    `${silent.join(', ')}.`,
    '',
  ].join('\n');
  const form = await resolveConfig(file);
  await expect(await format(text, { ...form, filepath: file })).toMatchFileSnapshot(file);
});

/** What a person is not given, though it is overwritten when they are forgotten. */
const notGiven: Record<string, string> = {
  fulfillment_job_steps:
    'outputs are made of the order, which is given, and of answers of vendors, which the timeline tells',
  fulfillment_job_effects: 'as with the steps',
  mail_domain_standings: 'how the providers of a domain do, whoever has an address there',
};

it('names nothing as a person’s that is not in what they are given, or left out for a reason', async () => {
  const { rows } = await pools.admin.query<{ text: string }>(
    `select pg_get_functiondef('fulfillment.export_person(uuid[], uuid[])'::regprocedure) as text`,
  );
  const given = new Set(rows[0]?.text.match(/(?<=fulfillment\.)[a-z_]+/g));
  const personal = Object.entries(columnFates).flatMap(([table, { erased }]) => (erased ? [table] : []));
  expect(personal.filter((table) => !given.has(table) && !(table in notGiven))).toEqual([]);
  expect(Object.keys(notGiven).filter((table) => given.has(table) || !personal.includes(table))).toEqual([]);
});
