import { describe, expect, it } from 'vitest';
import type { MarkedPages } from './copyMark.ts';
import { masterStorageKey, pagesOfRecipe, recipeKey } from './effectKey.ts';

describe('the key of a recipe', () => {
  it.each<MarkedPages>(['all', 'first', { every: 5 }])('tells for which pages it was made: %j', (pages) => {
    const of = { slug: 'calm', version: '1.0-all', format: 'pdf', revision: 12, pages } as const;
    expect(pagesOfRecipe(recipeKey(of))).toEqual(pages);
  });

  it('is no other key', () => {
    expect(pagesOfRecipe(masterStorageKey('calm', 'recipe-pdf-1-all', 'pdf'))).toBeUndefined();
  });
});
