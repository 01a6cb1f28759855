import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, hostileOrder, issue, seller } from '../../test/builders/sale.ts';
import { receiptDocument, receiptDocumentSchema, receiptFileName, receiptNumber } from './document.ts';

const stored = (document: unknown): unknown => JSON.parse(JSON.stringify(document));

describe('receiptDocument', () => {
  it('survives being stored as JSON and read back', () => {
    const document = receiptDocument(buildOrder(), seller, issue);
    expect(receiptDocumentSchema.parse(stored(document))).toEqual(document);
  });

  it('is the same for the same sale', () => {
    const make = () => receiptDocument(buildOrder(), seller, issue);
    expect(make()).toEqual(make());
  });

  it('dates issue and sale in the time zone of the seller', () => {
    const document = receiptDocument(buildOrder(), seller, issue);
    expect(document.issueDay).toBe('2026-11-25');
    expect(document.saleDay).toBe('2026-11-24');
    const newYorker = { ...seller, timeZone: 'America/New_York' };
    expect(receiptDocument(buildOrder(), newYorker, issue).issueDay).toBe('2026-11-24');
  });

  it('carries what identifies the sale', () => {
    expect(receiptDocument(buildOrder({ livemode: false }), seller, issue)).toMatchObject({
      number: 'R-2026/000123',
      orderId: '7K3M-Q9XT-4BVD',
      paymentKey: 'pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
      test: true,
      currency: 'pln',
      language: 'pl',
    });
  });

  it('writes the address as the buyer reads it, with the country by name', () => {
    const polish = receiptDocument(buildOrder(), seller, issue).buyer;
    expect(polish.addressLines).toEqual(['al. Jerozolimskie 100', 'm. 7', '30-002 Kraków', 'Polska']);
    const english = buildOrder({ buyer: buildBuyer({ language: 'en' }) });
    expect(receiptDocument(english, seller, issue).buyer.addressLines.at(-1)).toBe('Poland');
    const none = buildOrder({ buyer: buildBuyer({ address: null, name: null }) });
    expect(receiptDocument(none, seller, issue).buyer).toMatchObject({ addressLines: [], name: '' });
  });

  it('sums taxes by rate and knows whether prices hold their tax', () => {
    const lines = [buildLine(1, { unitAmount: 10500 }), buildLine(2, { unitAmount: 12300, taxPercent: 23 })];
    const document = receiptDocument(buildOrder({ lines }), seller, issue);
    expect(document.taxIncluded).toBe(true);
    expect(document.taxRates).toEqual([
      { taxPercent: 23, net: 10000, tax: 2300, gross: 12300 },
      { taxPercent: 5, net: 10000, tax: 500, gross: 10500 },
    ]);
    const added = buildOrder({ subtotal: 10000, tax: 2300, discount: 0, total: 12300 });
    expect(receiptDocument(added, seller, issue).taxIncluded).toBe(false);
  });

  it('falls back to the product id when a title has nothing to print', () => {
    const lines = [buildLine(1, { title: '\u202E\0 ' })];
    expect(receiptDocument(buildOrder({ lines }), seller, issue).lines[0]?.title).toBe('product-1');
  });

  it('asks for a human when there is nothing to print, or far too much', () => {
    const many = Array.from({ length: 1_001 }, (_, at) => buildLine(at + 1));
    for (const lines of [[], many]) {
      expect(() => receiptDocument(buildOrder({ lines }), seller, issue)).toThrow(
        expect.objectContaining({ kind: 'needs_human', reason: 'receipt_line_count' }),
      );
    }
  });

  it('stays small, printable and valid, whatever the buyer typed', () => {
    fc.assert(
      fc.property(hostileOrder, (order) => {
        const document = receiptDocument(order, seller, issue);
        expect(receiptDocumentSchema.safeParse(stored(document)).success).toBe(true);
        const text = JSON.stringify(document);
        expect(text.length).toBeLessThan(40_000);
        expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]|\\u00/u);
      }),
    );
  });
});

describe('receiptNumber', () => {
  it('has six digits, and more when a series grows beyond them', () => {
    expect(receiptNumber({ series: 'R-2026', number: 1 })).toBe('R-2026/000001');
    expect(receiptNumber({ series: 'R-2026', number: 1234567 })).toBe('R-2026/1234567');
  });
});

describe('receiptFileName', () => {
  it('has no character that a file system or a header minds', () => {
    expect(receiptFileName('R-2026/000123', 'pdf')).toBe('R-2026-000123.pdf');
    expect(receiptFileName('Ź:"\r\n/000123', 'html')).toMatch(/^[A-Za-z0-9-]+\.html$/);
  });
});
