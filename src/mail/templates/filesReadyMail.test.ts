import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, shop } from '../../../test/builders/sale.ts';
import { filesReadyMail } from './filesReadyMail.ts';
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
