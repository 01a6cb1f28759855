import { describe, expect, it } from 'vitest';
import { createSqlReader } from './sqlReader.ts';

const read = createSqlReader();
const tablesIn = (sql: string) => {
  const { tables = [], writes = [] } = read(sql)[0] ?? {};
  return { tables: tables.toSorted(), writes };
};

describe('statements', () => {
  it.each([
    ['begin', 'begin'],
    ['START TRANSACTION isolation level serializable', 'begin'],
    ['/* why */ Commit', 'commit'],
    ['end', 'commit'],
    ['commit prepared $1', 'other'],
    ['rollback', 'rollback'],
    ['rollback to savepoint s', 'other'],
    ['ABORT', 'rollback'],
    ["prepare transaction 'x'", 'rollback'],
    ["select 'begin'", 'other'],
  ])('%s is of kind %s', (sql, verb) => {
    expect(read(sql).map((one) => one.verb)).toEqual([verb]);
  });

  it('are parted at semicolons outside of literals, quoted names and comments', () => {
    const sql = `begin; insert into a values (';commit;', E'\\';', $x$ ; commit $x$) -- ; end
      ; update "odd;name" set n = 1; commit and chain;`;
    const statements = read(sql);
    expect(statements.map((one) => one.verb)).toEqual(['begin', 'other', 'other', 'commit']);
    expect(statements[3]?.chains).toBe(true);
    expect(statements[1]?.text).toContain(';commit;');
  });

  it('tell nothing of what is in their literals in their outline', () => {
    const [statement] = read(`update people set name = 'Ann' where mail = $$ann@readers.example$$`);
    expect(statement?.outline).toMatch(/^update people set name = ' *' where mail = ' *'$/);
  });
});

describe('tables', () => {
  it.each([
    ['select * from shop.a x, b join c.d on true where x.n in (select n from e)', 'b c.d e shop.a', ''],
    [
      'insert into Shop.A (n, m) select n, m from b on conflict (n) do update set m = 1',
      'b shop.a',
      'shop.a',
    ],
    ['update only a set n = 1 from b, c where a.n = b.n returning a.n, b.n', 'a b c', 'a'],
    ['delete from "A" using b', 'a b', 'a'],
    [
      'with gone as (delete from a returning *), x as materialized (select 1) select * from gone, x, b',
      'a b',
      'a',
    ],
    ['select 1 from a order by n, m for no key update of a skip locked', 'a', ''],
    ['select extract(epoch from now), a.n is distinct from b.n from a, unnest($1) as u(x, y), b', 'a b', ''],
    ['lock table a in exclusive mode', 'a', ''],
    ['truncate table a', 'a', 'a'],
    ['create table if not exists shop.a (n int, m int)', 'shop.a', 'shop.a'],
    ['select shop.accept($1, $2)', '', ''],
    ['merge into a using b on a.n = b.n when matched then update set n = 2', 'a b', 'a'],
  ])('%s', (sql, tables, writes) => {
    expect(tablesIn(sql)).toEqual({
      tables: tables.split(' ').filter(Boolean),
      writes: writes.split(' ').filter(Boolean),
    });
  });

  it('are told from functions, which are known by their schema', () => {
    const [statement] = read(
      'insert into shop.a (n) select n from shop.some($1), shop.b where lower(x) = shop.key(y) and b.n >= (select 1)',
    );
    expect(statement).toMatchObject({
      tables: ['shop.a', 'shop.b'],
      writes: ['shop.a'],
      calls: ['shop.some', 'shop.key'],
    });
  });
});
