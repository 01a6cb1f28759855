import { describe, expect, it } from 'vitest';
import { bytesOfLetters, lettersOf } from '../sealedCode.ts';
import { readRule, rulePath } from './markRule.ts';
import { carriers, sealCode, unsealCode } from './sealedCode.ts';

const code = '7K3MQ9XT4BVD7K3MQ9XT';

describe('a sealed code', () => {
  it('gives back code and carrier, whatever follows it', () => {
    for (const one of ['A', 'Z-9', code, '-'.repeat(64)]) {
      for (const carrier of carriers) {
        const sealed = Buffer.concat([sealCode(one, carrier), Buffer.from('more')]);
        expect(unsealCode(sealed)).toEqual({ code: one, carrier });
      }
    }
  });

  it('is not read from bytes in which one bit differs', () => {
    const sealed = sealCode(code, 'page_text');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unsealCode(changed)).toBeUndefined();
    }
    expect(unsealCode(sealed.subarray(0, -1))).toBeUndefined();
  });

  it('has nothing in common with the next one', () => {
    const [one, other] = [sealCode(code, 'document_id'), sealCode(code.replace(/T$/, 'S'), 'document_id')];
    expect(one.filter((byte, index) => byte === other[index]).length).toBeLessThan(4);
    expect(one.toString('latin1')).not.toContain('7K3M');
  });

  it('refuses what no code is', () => {
    for (const wrong of ['', 'a', 'A B', 'A'.repeat(65)])
      expect(() => sealCode(wrong, 'page_rule')).toThrow(RangeError);
  });

  it('can be written as letters and as lengths of a line, turned, scaled and rounded', () => {
    const sealed = sealCode(code, 'page_rule');
    expect(unsealCode(bytesOfLetters(lettersOf(sealed)))?.code).toBe(code);
    const points = Array.from(rulePath(sealed).matchAll(/(\S+) (\S+) [ml]/g), ([, x, y]) => ({
      x: Number(x),
      y: Number(y),
    }));
    const rounded = (digits: number) => (value: number) => Number(value.toFixed(digits));
    const moved = [
      points,
      points.toReversed(),
      points.map(({ x, y }) => ({ x: rounded(2)(500 - y), y: rounded(2)(x + 20) })),
      points.map(({ x, y }) => ({ x: rounded(1)(x * 10), y: rounded(1)(700 - y * 10) })),
    ];
    for (const line of moved) expect(unsealCode(readRule(line) ?? Buffer.alloc(0))?.code).toBe(code);
    expect(readRule(points.slice(1))).toBeUndefined();
    expect(readRule([])).toBeUndefined();
  });
});
