import { describe, expect, it } from 'vitest';
import { fontRuns } from './fontRuns.ts';

/** A font that has exactly these characters. */
const having = (pattern: RegExp) => ({
  covers: (text: string) => Array.from(text).every((c) => pattern.test(c)),
});
const fonts = { primary: having(/[a-z □é]/), others: having(/[\p{Script=Hebrew} \u200D☃\uFE0F]/u) };

const runs = (text: string) => fontRuns(text, fonts).map(({ face, text: part }) => `${face}:${part}`);

describe('fontRuns', () => {
  it('leaves a text whole that one font can print', () => {
    expect(runs('abc def')).toEqual(['primary:abc def']);
    expect(runs('')).toEqual(['primary:']);
  });

  it('keeps words from right to left together, so that their order stays right', () => {
    expect(runs('ab שלום עולם cd')).toEqual(['primary:ab ', 'others:שלום עולם', 'primary: cd']);
  });

  it('prints a box for each character that no font has, joined or not', () => {
    expect(runs('a漢字b')).toEqual(['primary:a□□b']);
    expect(runs('👩‍👩‍👧‍👦!')).toEqual(['primary:□□']);
  });

  it('drops joiners and variation selectors that a font cannot draw', () => {
    expect(runs('a\uFE0Fb')).toEqual(['primary:ab']);
    expect(runs('☃\uFE0F')).toEqual(['others:☃\uFE0F']);
  });
});
