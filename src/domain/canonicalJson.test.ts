import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonicalJson.ts';

describe('the canonical text of JSON', () => {
  it('sorts keys, leaves out blanks and undefined members, and keeps the order of lists', () => {
    expect(canonicalJson({ b: [2, 1, null], a: { d: true, c: 'ł"' }, x: undefined })).toBe(
      '{"a":{"c":"ł\\"","d":true},"b":[2,1,null]}',
    );
  });

  it.each([0.5, 2 ** 53, NaN, Infinity, 'a\0b', '\ud800', { 'a\0': 1 }])(
    'refuses %j, which would not survive storage',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );
});
