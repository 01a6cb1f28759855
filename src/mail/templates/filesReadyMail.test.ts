import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, shop } from '../../../test/builders/sale.ts';
import { filesReadyMail, grantedMail, newLinksMail } from './filesReadyMail.ts';
import type { FilesReadyMailInput } from './filesReadyMail.ts';

function buildInput(changes: Partial<FilesReadyMailInput> = {}): FilesReadyMailInput {
  return {
    order: buildOrder({ lines: [buildLine(1, { title: 'Pierwszy' }), buildLine(2, { title: 'Drugi' })] }),
    links: [{ lineNo: 2, title: 'Drugi', format: 'pdf', url: 'https://lektura.example/d/2' }],
    shelfUrl: 'https://lektura.example/shelf',
    expiresAt: new Date('2026-11-26T22:05:00Z'),
    shop,
    ...changes,
  };
}

describe('filesReadyMail', () => {
  it('tells of the files that came late, and of no others', () => {
    const { subject, text, html } = filesReadyMail(buildInput());
    expect(subject).toBe('Twoje pliki są gotowe – zamówienie 7K3M-Q9XT-4BVD');
    expect(text).toContain(
      'Dziękujemy za cierpliwość. Oto linki do pobrania.\n\nDrugi\n  PDF: https://lektura.example/d/2\n',
    );
    expect(text).toContain('Zamówienie: 7K3M-Q9XT-4BVD');
    expect(html).toContain('href="https://lektura.example/d/2"');
    expect(text + html).not.toContain('Pierwszy');
  });

  it('is written in English to those who bought in English', () => {
    const order = buildOrder({ buyer: buildBuyer({ language: 'en' }), lines: [buildLine(2)] });
    const { subject, text, html } = filesReadyMail(buildInput({ order }));
    expect(subject).toBe('Your files are ready – order 7K3M-Q9XT-4BVD');
    expect(text).toContain('The links work until 26 November 2026, 23:05 CET.');
    expect(html).toContain('<html lang="en-GB"');
  });

  it('tells the time of Greenwich when the shop has named no zone', () => {
    const { timeZone: _timeZone, ...zoneless } = shop;
    expect(filesReadyMail(buildInput({ shop: zoneless })).text).toContain('26 listopada 2026, 22:05 UTC');
  });

  it('needs no colour that is one', () => {
    const { html } = filesReadyMail(buildInput({ shop: { ...shop, colour: 'red;}</style>' } }));
    expect(html).not.toContain('red;}');
  });
});

describe('grantedMail', () => {
  const given = (language: 'en' | 'pl', lines = [buildLine(2)]) =>
    grantedMail(buildInput({ order: buildOrder({ buyer: buildBuyer({ language }), lines }) }));

  it('says that a book is there, and speaks neither of a purchase nor of waiting', () => {
    const { subject, text, html } = given('en');
    expect(subject).toBe('Your ebook is here – order 7K3M-Q9XT-4BVD');
    expect(text).toContain(
      'Your ebook is here\n\nWe have put an ebook on your shelf. Here are your download links.\n\nDrugi\n  PDF: https://lektura.example/d/2\n',
    );
    expect(text).toContain('sends this message because we have put ebooks on your shelf.');
    expect(html).toContain('href="https://lektura.example/d/2"');
    expect(subject + text + html).not.toMatch(/patience|purchase|bought/i);
  });

  it('is written in Polish to those who read Polish', () => {
    const { subject, text, html } = given('pl');
    expect(subject).toBe('Twój e-book czeka na Ciebie – zamówienie 7K3M-Q9XT-4BVD');
    expect(text).toContain('Na Twojej półce jest nowy e-book od nas. Oto linki do pobrania.');
    expect(html).toContain('bo na Twojej półce są e-booki od nas');
    expect(subject + text + html).not.toMatch(/cierpliwość|zakup/i);
  });

  it('tells one book from several', () => {
    const lines = [buildLine(1), buildLine(2)];
    expect(given('en', lines).subject).toBe('Your ebooks are here – order 7K3M-Q9XT-4BVD');
    expect(given('pl', lines).subject).toBe('Twoje e-booki czekają na Ciebie – zamówienie 7K3M-Q9XT-4BVD');
  });
});

describe('newLinksMail', () => {
  it.each(['en', 'pl'] as const)('fits what was given as well as what was bought (%s)', (language) => {
    const order = buildOrder({ buyer: buildBuyer({ language }), lines: [buildLine(2)] });
    const [, lead = ''] = newLinksMail(buildInput({ order })).text.split('\n\n');
    expect(lead).not.toMatch(/bought|zakup/i);
  });
});
