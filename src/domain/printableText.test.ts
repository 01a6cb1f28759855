import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printableText } from './printableText.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const lengthOf = (text: string) => Array.from(graphemes.segment(text)).length;

describe('printableText', () => {
  it.each(['Anna Kowalska-Źdźbło', 'Ελένη', 'Јован', 'محمد', '山田 太郎', '👩‍👩‍👧‍👦 family', 'نمی‌خواهم'])(
    'leaves %s as it is',
    (name) => {
      expect(printableText(name, 120)).toBe(name);
    },
  );

  it('makes one line of several and single spaces of many', () => {
    expect(printableText('  a\r\nb\tc\u2028d \u00A0\u3000 e\u0085f ', 50)).toBe('a b c d e f');
  });

  it('removes control characters, invisible ones and bidi overrides', () => {
    expect(printableText('a\0b\u001B[2Jc\u202Ed\u202C\u2066e\u2069\u200B\u00AD\uFEFF\u{E0041}', 50)).toBe(
      'ab[2Jcde',
    );
  });

  it('replaces halves of surrogate pairs', () => {
    expect(printableText('a\uD800b\uDC00', 50)).toBe('a\uFFFDb\uFFFD');
  });

  it('keeps three marks on a letter and no more', () => {
    expect(printableText(`Z${'\u0335'.repeat(10_000)}a`, 50)).toBe('Z\u0335\u0335\u0335a');
  });

  it('cuts between characters as people count them', () => {
    expect(printableText('👩‍👩‍👧‍👦'.repeat(4), 3)).toBe(`${'👩‍👩‍👧‍👦'.repeat(2)}…`);
    expect(printableText('abcdef', 6)).toBe('abcdef');
    expect(printableText('abcdefg', 6)).toBe('abcde…');
    expect(printableText('abc defgh', 5)).toBe('abc…');
  });

  it.each(['', ' ', '\0', '\u200D\u200C', '\u202E\u2066', '\u3164 \uFFA0', '\uFE0F'])(
    'says that nothing is left of %j',
    (text) => {
      expect(printableText(text, 50)).toBe('');
    },
  );

  it('does not keep chains of joined emoji', () => {
    expect(printableText('👩\u200D'.repeat(1_000), 10).length).toBeLessThan(10);
  });

  it('is fast with megabytes', () => {
    const started = performance.now();
    for (const piece of ['a', 'a\u0301\u0301', ' ', '\u202E', '👩\u200D'])
      printableText(piece.repeat(1e6), 120);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('always fits, has nothing invisible in it and does not change again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.integer({ min: 1, max: 60 }),
        (text, max) => {
          const once = printableText(text, max);
          expect(lengthOf(once)).toBeLessThanOrEqual(max);
          expect(once).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u202A-\u202E\u2066-\u2069]/u);
          expect(printableText(once, max)).toBe(once);
        },
      ),
      { numRuns: 200 },
    );
  });
});
