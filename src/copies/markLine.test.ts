import { describe, expect, it } from 'vitest';
import type { MarkingText } from '../domain/copyMark.ts';
import { markLine, markTextFor } from './markLine.ts';

const order = '7K3M-Q9XT-4BVD';
const lineOf = (text: MarkingText, language: string, name: string | null = 'Żaneta Łęcka') =>
  markLine(markTextFor(text, language, 'Quiet {Books}'), { name, order });

describe('the visible line of a copy', () => {
  it('is written in the language of its buyer', () => {
    expect(lineOf({}, 'en')).toBe('Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD');
    expect(lineOf({}, 'pl')).toBe('Egzemplarz dla: Żaneta Łęcka · zamówienie 7K3M-Q9XT-4BVD');
    const text = { pl: '{name}, {order}, {shop}', de: 'Für {name} · {order}' };
    expect(lineOf(text, 'pl')).toBe('Żaneta Łęcka, 7K3M-Q9XT-4BVD, Quiet Books');
    expect(lineOf(text, 'fr')).toBe('Żaneta Łęcka, 7K3M-Q9XT-4BVD, Quiet Books');
  });

  it('is kept as a text that says nothing of the buyer', () => {
    expect(markTextFor({}, 'en', 'Quiet Books')).toBe('Licensed to {name} · order {order}');
  });

  it('leaves out the part of a name that nobody gave', () => {
    expect(lineOf({}, 'en', null)).toBe('order 7K3M-Q9XT-4BVD');
    expect(lineOf({ en: 'For {name}, order {order}' }, 'en', null)).toBe(order);
    expect(lineOf({}, 'en', ' \u200B\u202E ')).toBe('order 7K3M-Q9XT-4BVD');
  });

  it('shows a hostile name literally, on one line and in bounds', () => {
    expect(lineOf({}, 'en', '{order}\r\n{name} $& <b>')).toBe(
      'Licensed to {order} {name} $& <b> · order 7K3M-Q9XT-4BVD',
    );
    const long = lineOf({}, 'en', 'ł'.repeat(5_000));
    expect(long).toContain('order 7K3M-Q9XT-4BVD');
    expect(long.length).toBeLessThan(200);
  });
});
