import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedJson } from './sortedJson.ts';

describe('the one text of a value', () => {
  it('does not depend on the order of keys, on blanks, or on how numbers were written', () => {
    const one = JSON.parse('{"b": [1.0, {"y": null, "x": 1e2}], "a": "\\u00e9"}');
    const other = JSON.parse('{"a":"é","b":[1,{"x":100,"y":null}]}');
    expect(sortedJson(one)).toBe(sortedJson(other));
    expect(sortedJson(one)).toBe('{"a":"é","b":[1,{"x":100,"y":null}]}');
  });

  it('differs where the values differ, and says the same as they', () => {
    expect(sortedJson({ a: [1, 2] })).not.toBe(sortedJson({ a: [2, 1] }));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(sortedJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
