import { assert, constantFrom, nat, pre, property, string, uuid } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLinkTokens } from './linkTokens.ts';

const oldKey = new Uint8Array(32).fill(1);
const newKey = new Uint8Array(32).fill(2);
const id = '0193a5f2-7c1e-7abc-8def-0123456789ab';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const tokens = createLinkTokens({ keys: [oldKey] });

describe('link tokens', () => {
  it('gives back the id that was written, for any uuid', () => {
    assert(
      property(uuid(), (anyId) => {
        expect(tokens.read('download-link', tokens.write('download-link', anyId))).toBe(anyId);
      }),
    );
  });

  it('writes the same short, URL-safe token again', () => {
    const token = tokens.write('download-link', id);
    expect(token).toMatch(/^[A-Za-z0-9_-]{44}$/);
    expect(createLinkTokens({ keys: [oldKey] }).write('download-link', id)).toBe(token);
  });

  it('refuses a token of another kind', () => {
    expect(tokens.read('receipt-page', tokens.write('download-link', id))).toBeUndefined();
    expect(tokens.read('download-link', tokens.write('receipt-page', id))).toBeUndefined();
  });

  it('refuses a token in which any one character differs', () => {
    const token = tokens.write('download-link', id);
    assert(
      property(nat(token.length - 1), constantFrom(...alphabet.split('')), (position, character) => {
        pre(token[position] !== character);
        const altered = token.slice(0, position) + character + token.slice(position + 1);
        expect(tokens.read('download-link', altered)).toBeUndefined();
      }),
    );
  });

  it('refuses anything that is not a token', () => {
    const token = tokens.write('download-link', id);
    for (const bad of ['', 'x', token + 'A', token.slice(1), token + '=', `${token}\n`, 'ł'.repeat(44)]) {
      expect(tokens.read('download-link', bad)).toBeUndefined();
    }
    assert(property(string(), (text) => tokens.read('download-link', text) === undefined));
  });

  it('reads tokens of the old key while both are listed, and no longer', () => {
    const written = tokens.write('download-link', id);
    const both = createLinkTokens({ keys: [newKey, oldKey] });
    expect(both.read('download-link', written)).toBe(id);
    expect(both.write('download-link', id)).not.toBe(written);
    expect(createLinkTokens({ keys: [newKey] }).read('download-link', written)).toBeUndefined();
  });

  it('refuses to work without a strong key', () => {
    expect(() => createLinkTokens({ keys: [] })).toThrow(RangeError);
    expect(() => createLinkTokens({ keys: [oldKey, new Uint8Array(31)] })).toThrow(RangeError);
  });

  it('refuses to write what is not a uuid', () => {
    expect(() => tokens.write('download-link', 'not-an-id')).toThrow(RangeError);
  });
});
