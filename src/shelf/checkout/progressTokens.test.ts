import { describe, expect, it } from 'vitest';
import { createProgressTokens } from './progressTokens.ts';

const key = (fill: number) => new Uint8Array(32).fill(fill);
const paymentId = '01999c3e-0000-7abc-8def-0123456789ab';
let nowMs = 1_795_000_000_000;
const clock = { now: () => new Date(nowMs) };
const tokens = createProgressTokens({ keys: [key(1)], clock, validForMs: 1_000 });

describe('a token that follows a payment', () => {
  it('names its payment until its time is over', () => {
    const token = tokens.write(paymentId);
    expect(token).toMatch(/^[A-Za-z0-9_-]{51}$/);
    expect(tokens.read(token)).toBe(paymentId);
    nowMs += 999;
    expect(tokens.read(token)).toBe(paymentId);
    nowMs += 1;
    expect(tokens.read(token)).toBeUndefined();
  });

  it('is read with an older key while keys are being rotated, and not with a foreign one', () => {
    const token = tokens.write(paymentId);
    expect(createProgressTokens({ keys: [key(2), key(1)], clock }).read(token)).toBe(paymentId);
    expect(createProgressTokens({ keys: [key(2)], clock }).read(token)).toBeUndefined();
  });

  it('is refused with any bit turned, cut, or spelled in another way', () => {
    const token = tokens.write(paymentId);
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(tokens.read(changed.toString('base64url'))).toBeUndefined();
    }
    for (const other of ['', token.slice(1), `${token}A`, `${token}=`, `${token} `, 'x'.repeat(10_000)])
      expect(tokens.read(other)).toBeUndefined();
  });
});
