import { describe, expect, it } from 'vitest';
import { drawableLine } from './drawableLine.ts';
import { createStampFont } from './stampFont.ts';
import { visualRuns } from './visualRuns.ts';

const font = createStampFont();
const drawable = (line: string) => drawableLine(line, font.draws);

describe('what of a line is drawn', () => {
  it('is all of it in the scripts of Europe, the Caucasus and the Near East', () => {
    for (const name of [
      'Żaneta Łęcka',
      'Γιώργος',
      'Олена',
      'Հայկ',
      'გიორგი',
      'שרה כהן',
      'محمد علي',
      'Nguyễn Thị Ánh',
    ]) {
      const line = `Licensed to ${name} · order 7K3M`;
      expect(drawable(line)).toBe(line.normalize('NFC'));
    }
  });

  it('leaves out the part with a name that no font here has, and keeps the order', () => {
    expect(drawable('Licensed to 王小明 · order 7K3M')).toBe('order 7K3M');
    expect(drawable('王小明, order 7K3M')).toBe('order 7K3M');
    expect(drawable('王小明')).toBe('');
  });

  it('leaves a sign out of a name, and the name in', () => {
    expect(drawable('Licensed to Ada \u{1F9FF} Byron · order 7K3M')).toBe(
      'Licensed to Ada Byron · order 7K3M',
    );
  });
});

describe('a line as it runs', () => {
  const shown = (line: string) => visualRuns(line).map(({ text, direction }) => `${direction}:${text}`);

  it('puts names from right to left in their place', () => {
    expect(shown('to אבג, 7K')).toEqual(['ltr:to ', 'rtl:אבג', 'ltr:, 7K']);
    expect(shown('to אב גד!')).toEqual(['ltr:to ', 'rtl:אב גד', 'ltr:!']);
    expect(shown('אבג · 7K3M')).toEqual(['ltr:7K3M', 'rtl:אבג · ']);
  });

  it('keeps numbers and Latin words inside readable', () => {
    expect(shown('אב 12 גד')).toEqual(['rtl: גד', 'ltr:12', 'rtl:אב ']);
  });

  it('joins Arabic letters and places their marks', () => {
    const joined = font.place('محمد');
    expect(joined.map(({ id }) => id)).not.toEqual(
      font
        .place('م ح م د')
        .filter(({ text }) => text !== ' ')
        .map(({ id }) => id),
    );
    expect(joined.map(({ text }) => text).join('')).toBe('دمحم');
    expect(font.place('a\u0323').length).toBeGreaterThan(0);
  });
});
