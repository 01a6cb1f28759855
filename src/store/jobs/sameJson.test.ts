import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson } from './sameJson.ts';

/** Of few keys and values, so that many of two are alike. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(fc.constantFrom(undefined, null, 0, 1, ''), tie('list'), tie('fields')),
  list: fc.array(tie('any'), { maxLength: 2 }),
  fields: fc.dictionary(fc.constantFrom('a', 'b'), tie('any')),
})).fields;

const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('two values that are written as the same JSON', () => {
  it('are a value and its copy', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => sameJson(copyOf(value), copyOf(value))));
  });

  it('are never two that are read back differently', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        if (sameJson(one, other)) expect(copyOf(one)).toEqual(copyOf(other));
      }),
    );
  });

  it.each([
    [{ a: undefined }, { b: 1 }],
    [{ b: 1 }, { a: undefined }],
    [{ a: undefined, b: 1 }, { a: 1 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1, 2], [1]],
    [[], {}],
    [{}, []],
    [null, {}],
    [new Date(1), new Date(2)],
    [new Date(1), {}],
  ])('%j and %j are not taken for it', (one, other) => {
    expect(sameJson(one, other)).toBe(false);
  });

  it('what is not written makes no difference', () => {
    expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  });

  it('two dates of the same moment are', () => {
    expect(sameJson({ at: new Date(5) }, { at: new Date(5) })).toBe(true);
  });
});
