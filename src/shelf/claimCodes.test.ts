import { describe, expect, it } from 'vitest';
import { createClaimCodes } from './claimCodes.ts';

const [oldKey, newKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const codes = createClaimCodes({ keys: [oldKey] });
const id = '0193b0a4-7b1c-7000-8000-000000000001';
const other = '0193b0a4-7b1c-7000-8000-000000000002';

describe('a claim code', () => {
  it('is eight letters and digits that nobody mixes up, and always the same for its row', () => {
    expect(codes.write(id)).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(codes.write(id)).toBe(codes.write(id));
    expect(codes.write(other)).not.toBe(codes.write(id));
  });

  it('may be typed in small letters, in groups and with look-alikes', () => {
    const zeros = Array.from(
      { length: 200 },
      (_, n) => `0193b0a4-7b1c-7000-8000-${String(n).padStart(12, '0')}`,
    );
    const withZero = zeros.find((one) => codes.write(one).includes('0')) ?? '';
    const withOne = zeros.find((one) => codes.write(one).includes('1')) ?? '';
    const typed = codes.write(id);
    expect(codes.matches(id, ` ${typed.slice(0, 4).toLowerCase()} - ${typed.slice(4)} `)).toBe(true);
    expect(codes.matches(withZero, codes.write(withZero).replaceAll('0', 'o'))).toBe(true);
    expect(codes.matches(withOne, codes.write(withOne).replaceAll('1', 'l'))).toBe(true);
  });

  it.each(['', '        ', '--------', 'AAAAAAA', 'AAAAAAAAA', 'ĄAAAAAAA', '💣💣', 'A'.repeat(64)])(
    'is not %j',
    (typed) => {
      expect(codes.matches(id, typed)).toBe(false);
      expect(codes.matches(undefined, typed)).toBe(false);
    },
  );

  it('of another row does not fit, and nothing fits where there is none', () => {
    expect(codes.matches(other, codes.write(id))).toBe(false);
    expect(codes.matches(undefined, codes.write(id))).toBe(false);
    expect(codes.matches(undefined, codes.write('00000000-0000-0000-0000-000000000000'))).toBe(false);
  });

  it('outlives the rotation of its key while the old one is kept', () => {
    const rotated = createClaimCodes({ keys: [newKey, oldKey] });
    expect(rotated.matches(id, codes.write(id))).toBe(true);
    expect(createClaimCodes({ keys: [newKey] }).matches(id, codes.write(id))).toBe(false);
  });
});
