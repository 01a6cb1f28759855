import fc from 'fast-check';
import type { Buyer, Language, Order, OrderLine } from '../../src/domain/order.ts';
import type { Seller } from '../../src/domain/seller.ts';
import type { ShopIdentity } from '../../src/domain/shop.ts';

/** A small bookshop in Warsaw and its sales, for tests of receipts and mails. */

export const seller: Seller = {
  name: 'Lektura – księgarnia cyfrowa',
  addressLines: ['ul. Źródlana 12/4', '00-001 Warszawa', 'Polska'],
  taxId: '5252525252',
  email: 'pomoc@lektura.example',
  website: 'lektura.example',
  timeZone: 'Europe/Warsaw',
};

export const shop: ShopIdentity = {
  name: 'Lektura – księgarnia cyfrowa',
  supportEmail: 'pomoc@lektura.example',
  colour: '#0f5c4d',
  fromAddress: 'zakupy@lektura.example',
  timeZone: 'Europe/Warsaw',
};

export const issue = { series: 'R-2026', number: 123, issuedAt: new Date('2026-11-24T23:05:00Z') };

export function buildBuyer(changes: Partial<Buyer> = {}): Buyer {
  return {
    email: 'anna@example.pl',
    name: 'Anna Kowalska-Źdźbło',
    company: null,
    taxIds: [],
    address: {
      line1: 'al. Jerozolimskie 100',
      line2: 'm. 7',
      city: 'Kraków',
      postalCode: '30-002',
      state: null,
      country: 'PL',
    },
    language: 'pl',
    ...changes,
  };
}

/** A line whose price holds its tax, as in European shops. */
export function buildLine(lineNo: number, changes: Partial<OrderLine> = {}): OrderLine {
  const { unitAmount = 4900, quantity = 1, discount = 0 } = changes;
  const taxPercent = changes.taxPercent === undefined ? 5 : changes.taxPercent;
  const total = unitAmount * quantity - discount;
  return {
    lineNo,
    productId: `product-${lineNo}`,
    productVersion: '1',
    formats: ['pdf', 'epub'],
    title: `Tom ${lineNo}: Zażółć gęślą jaźń`,
    quantity,
    unitAmount,
    subtotal: unitAmount * quantity,
    discount,
    tax: Math.round((total * (taxPercent ?? 0)) / (100 + (taxPercent ?? 0))),
    taxPercent,
    total,
    ...changes,
  };
}

export function buildOrder(changes: Partial<Order> = {}): Order {
  const lines = changes.lines ?? [buildLine(1)];
  const sum = (key: 'subtotal' | 'discount' | 'tax' | 'total') =>
    lines.reduce((total, line) => total + line[key], 0);
  return {
    orderId: '7K3M-Q9XT-4BVD',
    paymentKey: 'pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
    livemode: true,
    currency: 'pln',
    buyer: buildBuyer(),
    lines,
    subtotal: sum('subtotal'),
    discount: sum('discount'),
    tax: sum('tax'),
    total: sum('total'),
    paidAt: '2026-11-24T22:30:00.000Z',
    ...changes,
  };
}

/** Texts that try to break out of a page, a header, a PDF or a layout. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom(
    '<img src=x onerror=alert(1)>',
    '</td><a href="https://evil.example">win</a>',
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '{{7*7}} ${7*7} <%=1%>',
    'Anna\r\nBcc: victim@evil.example',
    'Anna\0\u2028\u2029\u0085Bcc: victim@evil.example',
    '=?utf-8?q?Bcc=3A_victim?=',
    '(\\) Tj ET Q /JS (app.alert(1)) >> endobj',
    'javascript:alert(1)',
    'win at https://evil.example now',
    `Z${'\u0335\u0336\u0337'.repeat(3_000)}algo`,
    '\u202Egnp.exe\u202C \u2066abc\u2069',
    '👩‍👩‍👧‍👦 שלום العربية ภาษาไทย 漢字 \u{10FFFF}',
    'x'.repeat(1_000_000),
    'a b '.repeat(2_000),
    '\u200B\uFEFF ',
    '',
  ),
);

/** An order full of hostile texts. */
export const hostileOrder = fc
  .record({
    name: hostileText,
    company: hostileText,
    title: hostileText,
    line1: hostileText,
    taxId: hostileText,
    language: fc.constantFrom<Language>('en', 'pl'),
  })
  .map(({ name, company, title, line1, taxId, language }) =>
    buildOrder({
      lines: [buildLine(1, { title }), buildLine(2, { discount: 100 })],
      buyer: buildBuyer({
        name,
        company,
        language,
        taxIds: [{ type: 'eu_vat', value: taxId }],
        address: { line1, line2: name, city: title, postalCode: company, state: null, country: 'PL' },
      }),
    }),
  );
