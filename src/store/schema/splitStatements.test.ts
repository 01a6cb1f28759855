import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from './splitStatements.ts';

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.sql);

describe('splitting an SQL file', () => {
  it('cuts at semicolons and drops what has only comments and blanks', () => {
    expect(texts('select 1;\n\n-- nothing here;\n;\nselect 2 ;\n/* end; */ ')).toEqual([
      'select 1',
      'select 2',
    ]);
  });

  it.each([
    ['strings', `select 'a;b', 'it''s; fine', 'back\\'`],
    ['strings with escapes', String.raw`select E'it\'s; fine', e'\\'`],
    ['quoted names', 'select 1 as "a;""b"'],
    ['dollar quotes', "do $$ begin perform 'x; y'; end; $$"],
    ['dollar quotes with a tag', 'do $body$ begin execute $$a;b$$; end; $body$ language plpgsql'],
    ['line comments', "select 1 -- don't; stop\n + 2"],
    ['nested block comments', "select /* a; /* don't; */ b; */ 1"],
    ['brackets', 'create rule r as on insert to t do also (delete from a; delete from b)'],
    ['parameters and names with dollar signs', 'select a$b$c, $1 from t$1$'],
  ])('leaves semicolons in %s alone', (_what, statement) => {
    expect(texts(`${statement};\nselect 2;`)).toEqual([statement, 'select 2']);
  });

  it('keeps the body of an SQL-standard function together', () => {
    const made = `create or replace function f(a int) returns int language sql
      begin atomic select 1; select case when a > 0 then 1 else 2 end; end`;
    expect(texts(`${made}; select 2`)).toEqual([made, 'select 2']);
  });

  it('takes BEGIN outside of functions for a statement of its own', () => {
    expect(texts('begin; select 1; end;')).toEqual(['begin', 'select 1', 'end']);
  });

  it('says where text and first word are, and what the first words are', () => {
    const [, second] = splitStatements('select 1;\n\n-- why\nCreate\n  Table t (a int);');
    expect(second).toMatchObject({ textLine: 3, line: 4, words: ['create', 'table', 't', 'a', 'int'] });
  });

  it('leaves an unfinished quote in one piece', () => {
    expect(texts("select 1; select 'a; b")).toEqual(['select 1', "select 'a; b"]);
  });

  it('loses no word of any text', () => {
    const piece = constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      ';',
      '(',
      ')',
      '--',
      '\n',
      '/*',
      '*/',
      'E',
      'begin',
      ' x ',
      '\\',
      'ż',
      '😀',
    );
    assert(
      property(array(piece), (pieces) => {
        const sql = pieces.join('');
        let rest = sql;
        for (const text of texts(sql)) {
          expect(rest).toContain(text);
          rest = rest.slice(rest.indexOf(text) + text.length);
        }
        expect(splitStatements(rest)).toEqual([]);
      }),
    );
  });
});
