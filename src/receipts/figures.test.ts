import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, issue, seller } from '../../test/builders/sale.ts';
import { receiptDocument } from './document.ts';
import { figureColumns, moneyText, percentText, plainAmounts, sums } from './figures.ts';

const plain = (text: string) => text.replace(/\s/g, ' ');

describe('amounts', () => {
  it.each([
    ['pln', 'pl', 123456, '1234,56', '1234,56 zł'],
    ['pln', 'en', 1234567, '12,345.67', 'PLN 12,345.67'],
    ['jpy', 'en', 1500, '1,500', 'JP¥1,500'],
    ['jpy', 'pl', 1500, '1500', '1500 JPY'],
    ['kwd', 'en', 12345, '12.345', 'KWD 12.345'],
    ['eur', 'en', -500, '−5.00', '−€5.00'],
  ] as const)('in %s for %s: %i', (currency, language, amount, bare, withCurrency) => {
    expect(plain(plainAmounts({ currency, language })(amount))).toBe(bare);
    expect(plain(moneyText(amount, { currency, language }))).toBe(withCurrency);
  });

  it('writes tax rates without needless digits', () => {
    expect(percentText(23, { language: 'pl' })).toBe('23%');
    expect(percentText(8.875, { language: 'pl' })).toBe('8,875%');
    expect(percentText(0, { language: 'en' })).toBe('0%');
    expect(percentText(null, { language: 'en' })).toBe('–');
  });
});

describe('figureColumns', () => {
  const keys = (...lines: Array<ReturnType<typeof buildLine>>) =>
    figureColumns(receiptDocument(buildOrder({ lines }), seller, issue)).map(({ key }) => key);

  it('shows discounts and taxes only where there are any', () => {
    expect(keys(buildLine(1, { taxPercent: null }))).toEqual(['quantity', 'unitAmount', 'lineTotal']);
    expect(keys(buildLine(1))).toEqual(['quantity', 'unitAmount', 'taxRate', 'tax', 'lineTotal']);
    expect(keys(buildLine(1, { taxPercent: null }), buildLine(2, { taxPercent: null, discount: 1 }))).toEqual(
      ['quantity', 'unitAmount', 'discount', 'lineTotal'],
    );
    expect(keys(buildLine(1, { taxPercent: 0 }))).toContain('taxRate');
  });
});

describe('sums', () => {
  const labels = (changes: Parameters<typeof buildOrder>[0]) =>
    sums(receiptDocument(buildOrder(changes), seller, issue)).map(({ label }) => label);

  it('ends with what was paid and says whether the tax is inside', () => {
    expect(labels({ lines: [buildLine(1, { discount: 100 })] })).toEqual([
      'Suma pozycji',
      'Rabat',
      'W tym podatek',
      'Zapłacono',
    ]);
    const buyer = buildBuyer({ language: 'en' });
    expect(labels({ buyer, subtotal: 100, discount: 0, tax: 23, total: 123 })).toEqual([
      'Subtotal',
      'Tax',
      'Total paid',
    ]);
    expect(labels({ lines: [buildLine(1, { unitAmount: 0 })] })).toEqual(['Suma pozycji', 'Zapłacono']);
  });
});
