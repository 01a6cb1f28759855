import { describe, expect, it } from 'vitest';
import { factLines, tableLines } from './table.ts';
import { cutToWidth, textWidth, wrapToWidth } from './textWidth.ts';

const columns = [
  { title: 'ORDER' },
  { title: 'REASON', cutFirst: 1 },
  { title: 'N', align: 'right' },
] as const;

describe('a table', () => {
  it('has its columns below each other, numbers to the right', () => {
    const rows = [
      ['F-1', 'mailbox full', '1'],
      ['F-1000', 'no', '12'],
    ];
    expect(tableLines({ columns, rows }, { widthMax: 80 })).toEqual([
      'ORDER   REASON         N',
      'F-1     mailbox full   1',
      'F-1000  no            12',
    ]);
  });

  it('cuts what may be cut until it fits', () => {
    const rows = [['F-1', 'a very long reason that nobody reads to its end, ever, at all', '1']];
    const lines = tableLines({ columns, rows }, { widthMax: 30 });
    expect(lines.map(textWidth)).toEqual([30, 30]);
    expect(lines[1]).toContain('…');
  });

  it('counts the columns of wide and combined characters', () => {
    expect([textWidth('图书'), textWidth('👨‍👩‍👧'), textWidth('z\u0307'), textWidth('ż')]).toEqual([4, 2, 1, 1]);
    expect(cutToWidth('图书馆', 5)).toBe('图书…');
    const lines = tableLines({ columns, rows: [['图书', 'x', '1']] }, { widthMax: 80 });
    expect(lines[1]).toBe('图书   x       1');
  });

  it('is measured before it is painted', () => {
    const paint = (text: string) => `<${text}>`;
    expect(tableLines({ columns, rows: [['a', 'b', '1']] }, { widthMax: 80, paint })[1]).toBe(
      '<a>      <b>       <1>',
    );
  });
});

describe('facts', () => {
  it('leave out what is not there', () => {
    expect(
      factLines([
        ['order', 'F-1'],
        ['receipt', null],
        ['paid', '9 EUR'],
      ]),
    ).toEqual(['order  F-1', 'paid   9 EUR']);
  });
});

it('wraps words, and leaves a long one whole', () => {
  expect(wrapToWidth('one two threeeeeee four', 7)).toEqual(['one two', 'threeeeeee', 'four']);
});
