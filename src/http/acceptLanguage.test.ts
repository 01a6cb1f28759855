import { describe, expect, it } from 'vitest';
import { preferredLanguage } from './acceptLanguage.ts';

describe('the language of a page', () => {
  it.each([
    ['pl', 'pl'],
    ['pl-PL,pl;q=0.9,en-US;q=0.8', 'pl'],
    ['en-GB,en;q=0.9,pl;q=0.8', 'en'],
    ['de-DE,de;q=0.9,pl;q=0.5,en;q=0.4', 'pl'],
    ['en;q=0.1,pl;q=0.2', 'pl'],
    ['pl;q=0', 'en'],
    ['de', 'en'],
    ['pl;q=nonsense', 'en'],
    ['plx', 'en'],
    [undefined, 'en'],
    ['', 'en'],
  ])('for %s is %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});
