import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, hostileOrder, shop } from '../../../test/builders/sale.ts';
import type { Order } from '../../domain/order.ts';
import type { Notice, NoticeKind } from '../../ports/settling.ts';
import { noticeMail } from './noticeMail.ts';
import type { NoticeMailInput } from './noticeMail.ts';
import { noticeWords } from './noticeWords.ts';

const lines = [
  buildLine(1, { title: 'Pierwszy' }),
  buildLine(2, { title: 'Drugi' }),
  buildLine(3, { title: 'Trzeci' }),
];
const kinds: NoticeKind[] = ['refund', 'refund_failed', 'access_ended', 'access_restored'];

function noticeOf(kind: NoticeKind, lineNos: number[]): Notice {
  const shared = { key: 'x', lines: lineNos };
  return kind === 'refund' || kind === 'refund_failed'
    ? { ...shared, kind, refundId: 're_1', amount: 4900, currency: 'pln' }
    : { ...shared, kind };
}

function linksOf(order: Order, lineNos: number[]): NoticeMailInput['links'] {
  return order.lines
    .filter(({ lineNo }) => lineNos.includes(lineNo))
    .map(({ lineNo, title }) => ({
      lineNo,
      title,
      format: 'pdf' as const,
      url: `https://lektura.example/d/${lineNo}`,
    }));
}

function buildInput(kind: NoticeKind, changes: Partial<NoticeMailInput> = {}): NoticeMailInput {
  return {
    notice: noticeOf(kind, [2]),
    order: buildOrder({ lines }),
    links: [],
    creditNote: null,
    shelfUrl: 'https://lektura.example/shelf',
    expiresAt: new Date('2026-12-05T22:05:00Z'),
    shop,
    ...changes,
  };
}

const english = buildOrder({ lines, buyer: buildBuyer({ language: 'en' }) });
const credit = { kind: 'credit' as const, number: 'C-2026/000008', url: 'https://lektura.example/c/abc' };
const plain = (text: string) => text.replaceAll('\u00A0', ' ');

/** What a reader sees, one space for all whitespace. */
function textOf(html: string): string {
  return plain(
    html
      .replace(/<head>[\s\S]*?<\/head>/, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' '),
  );
}

describe('noticeMail', () => {
  it('tells of a refund, of what it takes, and carries its credit note', () => {
    const { subject, text, html } = noticeMail(buildInput('refund', { creditNote: credit }));
    expect(subject).toBe('Zwrot pieniędzy – zamówienie 7K3M-Q9XT-4BVD');
    expect(plain(text)).toBe(`Zwracamy Ci pieniądze

Odesłaliśmy 49,00 zł tą samą drogą, którą przyszła Twoja wpłata. Zależnie od banku może to potrwać do 10 dni roboczych. Czasem zamiast zwrotu z wyciągu po prostu znika pierwotna płatność.

Tego tytułu nie można już pobierać:
  Drugi

Zamówienie: 7K3M-Q9XT-4BVD
Zwrócono: 49,00 zł
Potwierdzenie zwrotu: C-2026/000008
https://lektura.example/c/abc

—
Coś się nie zgadza? Napisz do nas: pomoc@lektura.example. Podaj numer zamówienia 7K3M-Q9XT-4BVD.

Lektura – księgarnia cyfrowa wysyła tę wiadomość w związku z Twoim zakupem. To nie jest reklama.
`);
    for (const part of ['Zwracamy Ci pieniądze', '49,00 zł', 'Drugi', 'Potwierdzenie zwrotu C-2026/000008']) {
      expect(textOf(html)).toContain(part);
    }
    expect(html).toContain('href="https://lektura.example/c/abc"');
    expect(text + html).not.toMatch(/Pierwszy|Trzeci/);
  });

  it('tells of a refund that takes nothing', () => {
    const input = buildInput('refund', { order: english, notice: noticeOf('refund', []) });
    const { subject, text, html } = noticeMail(input);
    expect(subject).toBe('Your refund – order 7K3M-Q9XT-4BVD');
    expect(plain(text)).toContain(`Your refund is on its way

We have sent PLN 49.00 back to the payment method that you used. Depending on your bank, it can take up to 10 working days to show. Sometimes the original payment simply disappears from your statement instead.

Nothing changes for your ebooks.

Order: 7K3M-Q9XT-4BVD
Refunded: PLN 49.00
`);
    expect(textOf(html)).toContain('Nothing changes for your ebooks.');
    expect(text + html).not.toMatch(/Drugi|Credit note/);
  });

  it('tells of a refund that failed, and gives back what it had taken', () => {
    const reversal = { ...credit, kind: 'reversal' as const };
    const input = buildInput('refund_failed', { order: english, creditNote: reversal });
    const { subject, text, html } = noticeMail({ ...input, links: linksOf(english, [2]) });
    expect(subject).toBe('Your refund did not go through – order 7K3M-Q9XT-4BVD');
    expect(plain(text)).toContain(`Your refund did not go through

We had sent PLN 49.00 back, but your bank did not accept it and returned it to us. Please write to us, so that we can find another way to pay you back.

You have access to your ebook again. Here are new links.

Drugi
  PDF: https://lektura.example/d/2

The links work until 5 December 2026, 23:05 CET. After that, you will always find your ebooks on your shelf.
My shelf: https://lektura.example/shelf

Order: 7K3M-Q9XT-4BVD
Not refunded: PLN 49.00
Reversal of the credit note: C-2026/000008
https://lektura.example/c/abc
`);
    expect(html).toContain('href="https://lektura.example/d/2"');
  });

  it('tells of a refund that failed and had taken nothing', () => {
    const { text, html } = noticeMail(buildInput('refund_failed', { notice: noticeOf('refund_failed', []) }));
    expect(text).toContain('Zwrot nie powiódł się');
    expect(text + html).not.toMatch(/linki|półk/);
  });

  it('tells of access that has ended, with every title, and that it may come back', () => {
    const { subject, text, html } = noticeMail(
      buildInput('access_ended', { notice: noticeOf('access_ended', [1, 3]) }),
    );
    expect(subject).toBe('Koniec dostępu do e-booków – zamówienie 7K3M-Q9XT-4BVD');
    expect(text).toContain(`Dostęp został zamknięty

Płatność za to zamówienie została zwrócona lub zakwestionowana.

Tych tytułów nie można już pobierać:
  Pierwszy
  Trzeci

Gdy płatność zostanie ponownie potwierdzona, przywrócimy dostęp i napiszemy do Ciebie. Jeśli to pomyłka, napisz do nas.

Zamówienie: 7K3M-Q9XT-4BVD
`);
    expect(textOf(html)).toContain('Pierwszy Trzeci Gdy płatność');
    expect(text + html).not.toContain('Drugi');
  });

  it('tells of access that is restored, with fresh links', () => {
    const input = buildInput('access_restored', { notice: noticeOf('access_restored', [1, 3]) });
    const { subject, text, html } = noticeMail({ ...input, links: linksOf(input.order, [1, 3]) });
    expect(subject).toBe('Twoje e-booki są znów dostępne – zamówienie 7K3M-Q9XT-4BVD');
    expect(text).toContain(`Znów masz dostęp do swoich e-booków. Oto nowe linki.

Pierwszy
  PDF: https://lektura.example/d/1

Trzeci
  PDF: https://lektura.example/d/3
`);
    expect(textOf(html)).toContain('Pierwszy Pobierz PDF Trzeci Pobierz PDF');
    expect(text + html).not.toContain('Drugi');
  });

  it.each(kinds)('loads nothing, runs nothing and knows the dark: %s', (kind) => {
    const { html } = noticeMail(buildInput(kind, { creditNote: credit }));
    expect(html).not.toMatch(/<script|<link|<img|<iframe|<form|\ssrc=|url\(|@import|\son\w+=/i);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it.each(kinds)('stays below what mail clients show, however much was bought: %s', (kind) => {
    const many = Array.from({ length: 300 }, (_, at) => buildLine(at + 1, { title: '👩‍👩‍👧‍👦"&<'.repeat(60) }));
    const order = buildOrder({ lines: many });
    const all = many.map(({ lineNo }) => lineNo);
    const { html, text } = noticeMail(
      buildInput(kind, {
        order,
        notice: noticeOf(kind, all),
        links: linksOf(order, all),
        creditNote: credit,
      }),
    );
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    expect(text.match(/👩‍👩‍👧‍👦"&<👩/gu)?.length).toBeGreaterThanOrEqual(300);
    expect(textOf(html)).toMatch(/jeszcze \d+ tytuł/i);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a url'])('makes no link of %s', (url) => {
    expect(() => noticeMail(buildInput('refund', { creditNote: { ...credit, url } }))).toThrow(TypeError);
  });

  it.each(kinds)('has the same markup whatever was typed: %s', (kind) => {
    const tags = (html: string) => html.match(/<[^>]*>/g)?.filter((tag) => !/aria-label|^<a /.test(tag));
    const input = (order: Order) =>
      buildInput(kind, {
        order,
        notice: noticeOf(kind, [1, 2]),
        links: linksOf(order, [1, 2]),
        creditNote: credit,
      });
    fc.assert(
      fc.property(hostileOrder, (order) => {
        const buyer = buildBuyer({ language: order.buyer.language });
        const evil = noticeMail(input(order));
        const calm = noticeMail(input(buildOrder({ lines: [buildLine(1), buildLine(2)], buyer })));
        expect(tags(evil.html)).toEqual(tags(calm.html));
        expect(evil.subject).toBe(calm.subject);
        expect(evil.text).not.toMatch(/^Bcc:|[^\n\P{Cc}]|[\u2028\u202E]/mu);
      }),
      { numRuns: 30 },
    );
  });
});

describe('noticeWords', () => {
  it('has every text in both languages', () => {
    const [en, pl] = [noticeWords('en'), noticeWords('pl')];
    expect(Object.keys(pl)).toEqual(Object.keys(en));
    const same = (Object.keys(en) as Array<keyof typeof en>).filter((key) => en[key] === pl[key]);
    expect(same).toEqual([]);
  });
});
