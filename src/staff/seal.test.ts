import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../test/fakes/seededRandom.ts';
import { createSeal } from './seal.ts';

const keyOf = (byte: number) => new Uint8Array(32).fill(byte);
const random = createSeededRandom(1);

describe('a seal', () => {
  it('is opened by whoever closed it, also after a new key has come in front', () => {
    const sealed = createSeal([keyOf(1)], random).close({ state: 's' });
    expect(createSeal([keyOf(2), keyOf(1)], random).open(sealed)).toEqual({ state: 's' });
  });

  it('hides what it holds, and never looks the same twice', () => {
    const seal = createSeal([keyOf(1)], random);
    const sealed = seal.close({ secret: 'codeVerifier' });
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('codeVerifier');
    expect(seal.close({ secret: 'codeVerifier' })).not.toBe(sealed);
  });

  it('does not open for what somebody else made or changed, wherever', () => {
    const seal = createSeal([keyOf(1)], random);
    const sealed = Buffer.from(seal.close({ state: 's' }), 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(seal.open(changed.toString('base64url'))).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(seal.open(sealed.subarray(0, length).toString('base64url'))).toBeUndefined();
    const other = createSeal([keyOf(2)], random).close({ state: 's' });
    for (const text of [other, 'ä', '{}', '=', 'A'.repeat(5_000)]) expect(seal.open(text)).toBeUndefined();
  });

  it.each([[[]], [[new Uint8Array(31)]], [[keyOf(1), new Uint8Array(16)]]])(
    'is not made of keys that are none',
    (keys) => {
      expect(() => createSeal(keys, random)).toThrow('32 bytes');
    },
  );
});
