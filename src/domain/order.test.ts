import { describe, expect, it } from 'vitest';
import { chooseLanguage, crossCheck } from './order.ts';
import type { OrderLine } from './order.ts';

function line(total: number): OrderLine {
  return {
    lineNo: 1,
    productId: 'p',
    productVersion: '1',
    formats: ['pdf'],
    title: 'Title',
    quantity: 1,
    unitAmount: total,
    subtotal: total,
    discount: 0,
    tax: 0,
    taxPercent: null,
    total,
  };
}

function order(totals: number[], total: number) {
  return { currency: 'pln', lines: totals.map(line), total, tax: 0, discount: 0 };
}

describe('chooseLanguage', () => {
  it.each([
    ['pl', 'GB', 'pl'],
    ['pl-PL', null, 'pl'],
    ['PL', null, 'pl'],
    ['en-GB', 'PL', 'en'],
    ['en', null, 'en'],
  ] as const)('follows the checkout: %s in %s', (locale, country, language) => {
    expect(chooseLanguage(locale, country, language === 'pl' ? 'en' : 'pl')).toBe(language);
  });

  it('writes Polish to Poland when the checkout chose a language we do not write', () => {
    expect(chooseLanguage('auto', 'PL', 'en')).toBe('pl');
    expect(chooseLanguage(null, 'PL', 'en')).toBe('pl');
    expect(chooseLanguage('de', 'PL', 'en')).toBe('pl');
  });

  it('falls back to the language of the shop', () => {
    expect(chooseLanguage('de', 'DE', 'pl')).toBe('pl');
    expect(chooseLanguage(null, null, 'en')).toBe('en');
    expect(chooseLanguage('', null, 'en')).toBe('en');
  });
});

describe('crossCheck', () => {
  it('accepts an order whose lines, total and payment agree', () => {
    expect(crossCheck(order([4900, 3900], 8800), { amount: 8800, currency: 'pln' })).toBeUndefined();
  });

  it('accepts a purchase for nothing', () => {
    expect(crossCheck(order([0], 0), { amount: 0, currency: 'pln' })).toBeUndefined();
  });

  it('refuses another currency, before it compares any amount', () => {
    const found = crossCheck(order([4900], 4900), { amount: 1, currency: 'eur' });
    expect(found?.reason).toBe('currency_mismatch');
    expect(found?.detail).toBe('The order is in PLN, the payment in EUR.');
  });

  it('refuses lines that do not add up to the total', () => {
    expect(crossCheck(order([4900, 1], 4900), { amount: 4900, currency: 'pln' })?.reason).toBe(
      'amount_mismatch',
    );
  });

  it('refuses one cent paid for a dear book', () => {
    expect(crossCheck(order([10000], 10000), { amount: 1, currency: 'pln' })).toEqual({
      reason: 'amount_mismatch',
      detail: 'The order costs 10000, 1 was paid (minor units).',
    });
  });
});
