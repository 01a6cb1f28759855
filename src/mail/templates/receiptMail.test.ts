import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, hostileOrder, shop } from '../../../test/builders/sale.ts';
import type { Order } from '../../domain/order.ts';
import type { DownloadLink } from './books.ts';
import { receiptMail } from './receiptMail.ts';
import type { ReceiptMailInput } from './receiptMail.ts';

function linksOf(order: Order): DownloadLink[] {
  return order.lines.flatMap(({ lineNo, title }) =>
    (['pdf', 'epub'] as const).map((format) => ({
      lineNo,
      title,
      format,
      url: `https://lektura.example/d/${lineNo}.${format}?a=1&b=2`,
    })),
  );
}

function buildInput(changes: Partial<ReceiptMailInput> = {}): ReceiptMailInput {
  const order = changes.order ?? buildOrder();
  return {
    order,
    receipt: { number: 'R-2026/000123' },
    links: linksOf(order),
    receiptUrl: 'https://lektura.example/r/abc',
    shelfUrl: 'https://lektura.example/shelf',
    expiresAt: new Date('2026-11-26T22:05:00Z'),
    shop,
    filesPending: false,
    ...changes,
  };
}

/** What a reader sees, one space for all whitespace. */
function textOf(html: string): string {
  return html
    .replace(/<head>[\s\S]*?<\/head>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

const plain = (text: string) => text.replaceAll('\u00A0', ' ');

describe('receiptMail', () => {
  it('is complete as plain text, in Polish', () => {
    const { subject, text } = receiptMail(buildInput());
    expect(subject).toBe('Twój e-book – zamówienie 7K3M-Q9XT-4BVD');
    expect(plain(text)).toBe(`Dziękujemy za zakup

Twój e-book jest gotowy do pobrania.

Tom 1: Zażółć gęślą jaźń
  PDF: https://lektura.example/d/1.pdf?a=1&b=2
  EPUB: https://lektura.example/d/1.epub?a=1&b=2

Linki działają do: 26 listopada 2026, 23:05 CET. Później swoje e-booki zawsze znajdziesz na swojej półce.
Moja półka: https://lektura.example/shelf

Zamówienie: 7K3M-Q9XT-4BVD
Zapłacono: 49,00 zł
Potwierdzenie zapłaty: R-2026/000123
https://lektura.example/r/abc
Nabywca: Anna Kowalska-Źdźbło

—
Coś się nie zgadza? Napisz do nas: pomoc@lektura.example. Podaj numer zamówienia 7K3M-Q9XT-4BVD.

Lektura – księgarnia cyfrowa wysyła tę wiadomość w związku z Twoim zakupem. To nie jest reklama.
`);
  });

  it('is complete as plain text, in English, while copies are being made', () => {
    const buyer = buildBuyer({ language: 'en', company: 'Byrne & Daughters Ltd' });
    const order = buildOrder({
      buyer,
      currency: 'eur',
      lines: [buildLine(1, { title: 'One' }), buildLine(2, { title: 'Two' })],
    });
    const { subject, text } = receiptMail(buildInput({ order, filesPending: true }));
    expect(subject).toBe('Your ebooks – order 7K3M-Q9XT-4BVD');
    expect(text).toBe(`Thank you for your purchase

We are preparing your personal copies, which usually takes less than a minute. The links already work: they open a page that waits with you. Should it take longer, we will write again.

One
  PDF: https://lektura.example/d/1.pdf?a=1&b=2
  EPUB: https://lektura.example/d/1.epub?a=1&b=2

Two
  PDF: https://lektura.example/d/2.pdf?a=1&b=2
  EPUB: https://lektura.example/d/2.epub?a=1&b=2

The links work until 26 November 2026, 23:05 CET. After that, you will always find your ebooks on your shelf.
My shelf: https://lektura.example/shelf

Order: 7K3M-Q9XT-4BVD
Paid: €98.00
Receipt: R-2026/000123
https://lektura.example/r/abc
Buyer: Byrne & Daughters Ltd

—
Something not right? Write to us: pomoc@lektura.example. Please quote order 7K3M-Q9XT-4BVD.

Lektura – księgarnia cyfrowa sends this message because of your purchase. It is not advertising.
`);
  });

  it('says the same as a page', () => {
    const { html } = receiptMail(buildInput());
    expect(html).toContain('<html lang="pl-PL"');
    for (const part of [
      'Dziękujemy za zakup',
      'Tom 1: Zażółć gęślą jaźń',
      'Pobierz PDF Pobierz EPUB',
      'Linki działają do: 26 listopada 2026, 23:05 CET.',
      'Otwórz moją półkę',
      'Zamówienie 7K3M-Q9XT-4BVD',
      'Zapłacono 49,00 zł',
      'Potwierdzenie zapłaty R-2026/000123',
      'pomoc@lektura.example',
    ]) {
      expect(textOf(html)).toContain(part);
    }
    expect(html).toContain('href="https://lektura.example/d/1.pdf?a=1&amp;b=2"');
    expect(html).toContain('href="https://lektura.example/r/abc"');
    expect(html).toContain('href="https://lektura.example/shelf"');
  });

  it('loads nothing, runs nothing and knows the dark', () => {
    const { html } = receiptMail(buildInput());
    expect(html).not.toMatch(/<script|<link|<img|<iframe|<form|\ssrc=|url\(|@import|\son\w+=/i);
    expect(html).toContain('<meta name="color-scheme" content="light dark"');
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it.each([
    ['pln', 4900, 'PLN 49.00'],
    ['jpy', 1500, 'JP¥1,500'],
    ['kwd', 12345, 'KWD 12.345'],
  ])('tells what was paid in %s', (currency, unitAmount, paid) => {
    const buyer = buildBuyer({ language: 'en' });
    const order = buildOrder({ currency, buyer, lines: [buildLine(1, { unitAmount })] });
    expect(plain(receiptMail(buildInput({ order })).text)).toContain(`Paid: ${paid}\n`);
  });

  it('says so when a title has no link yet', () => {
    const { html, text } = receiptMail(buildInput({ links: [] }));
    expect(text).toContain('Tom 1: Zażółć gęślą jaźń\n  W przygotowaniu\n');
    expect(textOf(html)).toContain('W przygotowaniu');
  });

  it('promises no file where none was sold', () => {
    const order = buildOrder({ lines: [buildLine(1, { title: 'Konsultacja', formats: [] })] });
    const { html, text } = receiptMail(buildInput({ order, links: [] }));
    expect(text).toContain('\n\nKonsultacja\n\n');
    expect(html + text).not.toContain('W przygotowaniu');
  });

  it('stays below what mail clients show, and keeps every link in the text, however much was bought', () => {
    const lines = Array.from({ length: 100 }, (_, at) => buildLine(at + 1, { title: '👩‍👩‍👧‍👦"&<'.repeat(60) }));
    const order = buildOrder({ lines });
    const links = linksOf(order).map((link) => ({ ...link, url: `${link.url}&${'x'.repeat(150)}` }));
    const { html, text } = receiptMail(buildInput({ order, links }));
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    expect(textOf(html)).toMatch(/Jeszcze \d+ tytuł\S* czeka\S* na Twojej półce/);
    expect(textOf(html)).toContain('R-2026/000123');
    for (const { url } of links) expect(text).toContain(url);
  });

  it('lists a whole library with plain links', () => {
    const order = buildOrder({ lines: Array.from({ length: 100 }, (_, at) => buildLine(at + 1)) });
    const { html } = receiptMail(buildInput({ order }));
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    expect(textOf(html).split('Pobierz EPUB')).toHaveLength(101);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://lektura.example/x', 'not a url'])(
    'makes no link of %s',
    (url) => {
      expect(() => receiptMail(buildInput({ receiptUrl: url }))).toThrow(TypeError);
      expect(() => receiptMail(buildInput({ shelfUrl: url }))).toThrow(TypeError);
      const links = [{ lineNo: 1, title: 'x', format: 'pdf' as const, url }];
      expect(() => receiptMail(buildInput({ links }))).toThrow(TypeError);
    },
  );

  it.each(['Win at https://evil.example', 'evil.example', 'www.evil', 'a@evil.example', 'evil．example'])(
    'does not print the name %j, which clients would turn into a link',
    (name) => {
      const { html, text } = receiptMail(buildInput({ order: buildOrder({ buyer: buildBuyer({ name }) }) }));
      expect(html + text).not.toContain('evil');
    },
  );

  it.each(['J. R. R. Tolkien', 'Dr. Anna Nowak', '<img src=x onerror=alert(1)>', '{{7*7}}'])(
    'prints the name %j as it was typed',
    (name) => {
      const { text } = receiptMail(buildInput({ order: buildOrder({ buyer: buildBuyer({ name }) }) }));
      expect(text).toContain(`Nabywca: ${name}\n`);
    },
  );

  it('has the same markup whatever was typed: text never becomes a tag, a link or a header', () => {
    const tags = (html: string) =>
      html.match(/<[^>]*>/g)?.filter((tag) => !tag.includes('class="fact"') && !/^<\/?(span|div)/.test(tag));
    fc.assert(
      fc.property(hostileOrder, fc.boolean(), (order, filesPending) => {
        const calm = buildOrder({
          lines: [buildLine(1), buildLine(2)],
          buyer: buildBuyer({ language: order.buyer.language }),
        });
        const evil = receiptMail(buildInput({ order, filesPending }));
        expect(tags(evil.html)).toEqual(tags(receiptMail(buildInput({ order: calm, filesPending })).html));
        expect(evil.html).not.toContain('<script');
        expect(evil.subject).toMatch(/order 7K3M-Q9XT-4BVD$|zamówienie 7K3M-Q9XT-4BVD$/);
        expect(evil.text).not.toMatch(/^Bcc:|[^\n\P{Cc}]|[\u2028\u202E]/mu);
      }),
    );
  });
});
