import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, formatMoney, isMinorAmount, minorDigits } from './money.ts';

const currency = fc.constantFrom('pln', 'eur', 'jpy', 'kwd', 'krw', 'tnd', 'huf', 'isk', 'ugx');

describe('minorDigits', () => {
  it('knows currencies without minor unit', () => {
    expect(['jpy', 'KRW', 'clp', 'vnd'].map(minorDigits)).toEqual([0, 0, 0, 0]);
  });

  it('knows currencies with three digits', () => {
    expect(['kwd', 'BHD', 'jod', 'omr', 'tnd'].map(minorDigits)).toEqual([3, 3, 3, 3, 3]);
  });

  it('counts two digits for all others, among them those that Stripe only pretends have none', () => {
    expect(['pln', 'eur', 'huf', 'twd', 'isk', 'ugx'].map(minorDigits)).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe('decimalText', () => {
  it.each([
    [4900, 'pln', '49.00'],
    [5, 'eur', '0.05'],
    [0, 'eur', '0.00'],
    [1500, 'jpy', '1500'],
    [12345, 'kwd', '12.345'],
    [7, 'kwd', '0.007'],
    [-1250, 'pln', '-12.50'],
    [-5, 'pln', '-0.05'],
    [Number.MAX_SAFE_INTEGER, 'pln', '90071992547409.91'],
  ])('writes %i %s as %s', (amountMinor, code, text) => {
    expect(decimalText({ amountMinor, currency: code })).toBe(text);
  });

  it('loses nothing: without its point it is the amount again', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (amountMinor, code) => {
        const text = decimalText({ amountMinor, currency: code });
        expect(BigInt(text.replace('.', ''))).toBe(BigInt(amountMinor));
        expect(text.split('.')[1]?.length ?? 0).toBe(minorDigits(code));
      }),
    );
  });
});

describe('formatMoney', () => {
  const plain = (text: string) => text.replace(/\s/g, ' ');

  it.each([
    [4900, 'pln', 'pl-PL', '49,00 zł'],
    [123456789, 'pln', 'pl-PL', '1 234 567,89 zł'],
    [1200, 'eur', 'en-GB', '€12.00'],
    [1500, 'jpy', 'en-GB', 'JP¥1,500'],
    [12345, 'kwd', 'pl-PL', '12,345 KWD'],
    [100000, 'huf', 'pl-PL', '1000,00 HUF'],
  ])('writes %i %s for %s as people there do', (amountMinor, code, locale, text) => {
    expect(plain(formatMoney({ amountMinor, currency: code }, locale))).toBe(text);
  });

  it('keeps every digit of the largest amounts', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (amountMinor, code) => {
        const digits = formatMoney({ amountMinor, currency: code }, 'en').replace(/\D/g, '');
        expect(BigInt(digits)).toBe(BigInt(Math.abs(amountMinor)));
      }),
    );
  });
});

describe('isMinorAmount', () => {
  it('accepts whole amounts that JavaScript can hold, and zero', () => {
    expect([0, 1, 4900, Number.MAX_SAFE_INTEGER].every(isMinorAmount)).toBe(true);
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, '100', null, undefined, 10n])('refuses %s', (value) => {
    expect(isMinorAmount(value)).toBe(false);
  });
});
