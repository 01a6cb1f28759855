import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderIdFrom } from './orderId.ts';

const twelveBytes = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe('orderIdFrom', () => {
  it('writes three groups of four', () => {
    expect(orderIdFrom(Uint8Array.from({ length: 12 }, (_, at) => at))).toBe('0123-4567-89AB');
    expect(orderIdFrom(new Uint8Array(12).fill(31))).toBe('ZZZZ-ZZZZ-ZZZZ');
  });

  it('always fits the pattern and never has letters that are misheard', () => {
    fc.assert(
      fc.property(twelveBytes, (bytes) => {
        const id = orderIdFrom(bytes);
        expect(id).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
        expect(id).not.toMatch(/[ILOU]/);
      }),
    );
  });

  it('uses five bits of each of the first twelve bytes and nothing else', () => {
    fc.assert(
      fc.property(twelveBytes, fc.uint8Array(), (bytes, more) => {
        const other = Uint8Array.from([...bytes.map((byte) => byte ^ 0b1110_0000), ...more]);
        expect(orderIdFrom(other)).toBe(orderIdFrom(bytes));
      }),
    );
  });

  it('tells different bits apart', () => {
    fc.assert(
      fc.property(twelveBytes, fc.nat(11), fc.integer({ min: 1, max: 31 }), (bytes, at, flip) => {
        const other = bytes.with(at, (bytes[at] ?? 0) ^ flip);
        expect(orderIdFrom(other)).not.toBe(orderIdFrom(bytes));
      }),
    );
  });

  it('refuses too little randomness', () => {
    expect(() => orderIdFrom(new Uint8Array(11))).toThrow(RangeError);
  });
});
