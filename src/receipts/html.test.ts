import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, hostileOrder, issue, seller } from '../../test/builders/sale.ts';
import type { Order } from '../domain/order.ts';
import { receiptDocument } from './document.ts';
import { receiptHtml } from './html.ts';

const page = (order: Order) => receiptHtml(receiptDocument(order, seller, issue));

/** What a reader sees, one space for all whitespace. */
function textOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('receiptHtml', () => {
  it('tells everything in Polish', () => {
    const lines = [buildLine(1, { discount: 500 }), buildLine(2, { unitAmount: 12300, taxPercent: 23 })];
    const html = page(buildOrder({ lines }));
    expect(html).toContain('<html lang="pl-PL">');
    const text = textOf(html);
    for (const part of [
      'Potwierdzenie zapłaty R-2026/000123',
      'Data wystawienia 25 listopada 2026',
      'Data sprzedaży 24 listopada 2026',
      'Zamówienie 7K3M-Q9XT-4BVD',
      'Sprzedawca Lektura – księgarnia cyfrowa ul. Źródlana 12/4 00-001 Warszawa Polska NIP: 5252525252',
      'Nabywca Anna Kowalska-Źdźbło al. Jerozolimskie 100 m. 7 30-002 Kraków Polska anna@example.pl',
      'Kwoty w walucie PLN',
      'Tom 1: Zażółć gęślą jaźń',
      '1 49,00 −5,00 5% 2,10 44,00',
      'Suma pozycji 172,00 zł',
      'Rabat −5,00 zł',
      'W tym podatek 25,10 zł',
      'Zapłacono 167,00 zł',
      '23% 100,00 23,00 123,00',
      '5% 41,90 2,10 44,00',
      'Identyfikator płatności pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
      'Nie jest fakturą VAT ani paragonem fiskalnym.',
      'Napisz do nas: pomoc@lektura.example',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('tells everything in English, for a company, in a currency without minor unit', () => {
    const buyer = buildBuyer({
      language: 'en',
      company: 'Byrne & Daughters Ltd',
      name: 'Liam Byrne',
      taxIds: [{ type: 'eu_vat', value: 'IE1234567FA' }],
    });
    const lines = [buildLine(1, { unitAmount: 1500, quantity: 2, taxPercent: null })];
    const html = page(buildOrder({ buyer, lines, currency: 'jpy', livemode: false }));
    expect(html).toContain('<html lang="en-GB">');
    const text = textOf(html);
    for (const part of [
      'Receipt R-2026/000123',
      'Test mode: no money was moved.',
      'Date of issue 25 November 2026',
      'Buyer Byrne &amp; Daughters Ltd Liam Byrne',
      'VAT ID: IE1234567FA',
      '2 1,500 3,000',
      'Total paid JP¥3,000',
      'It is not a VAT invoice or a fiscal receipt.',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('Tax by rate');
  });

  it('writes three decimals where the currency has them', () => {
    const lines = [buildLine(1, { unitAmount: 12345, taxPercent: null })];
    const text = textOf(page(buildOrder({ lines, currency: 'kwd', buyer: buildBuyer({ language: 'en' }) })));
    expect(text).toContain('Total paid KWD 12.345');
  });

  it('loads nothing and runs nothing', () => {
    const html = page(buildOrder());
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|url\(|@import|\son\w+=/i);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
  });

  it('has a real table with headers of rows and columns', () => {
    const html = page(buildOrder());
    expect(html.match(/<th scope="col"/g)?.length).toBe(6 + 4);
    expect(html.match(/<th scope="row"/g)?.length).toBe(1 + 1);
  });

  it('has the same markup whatever the buyer typed: text never becomes a tag', () => {
    const tags = (html: string) =>
      html.match(/<[^>]*>/g)?.filter((tag) => tag !== '<p dir="auto">' && tag !== '</p>');
    const plain = buildOrder({ lines: [buildLine(1), buildLine(2, { discount: 100 })] });
    fc.assert(
      fc.property(hostileOrder, (order) => {
        const calm = { ...plain, buyer: buildBuyer({ language: order.buyer.language }) };
        expect(tags(page(order))).toEqual(tags(page(calm)));
      }),
    );
  });
});
