import fc from 'fast-check';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { buildBuyer, buildLine, buildOrder, hostileOrder, issue, seller } from '../../test/builders/sale.ts';
import type { Order } from '../domain/order.ts';
import { receiptDocument } from './document.ts';
import { receiptPdf } from './pdf.ts';

const pdfOf = (order: Order) => receiptPdf(receiptDocument(order, seller, issue));

/** Reads a PDF back: the text of each page, and what the file says about itself. */
async function read(bytes: Uint8Array) {
  const pdf = await getDocument({ data: Uint8Array.from(bytes), verbosity: 0 }).promise;
  const pages: string[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const { items } = await (await pdf.getPage(number)).getTextContent();
    pages.push(
      items
        .map((item) => ('str' in item ? item.str : ''))
        .join(' ')
        .replace(/\s+/g, ' '),
    );
  }
  const { info } = await pdf.getMetadata();
  const marked = await pdf.getMarkInfo();
  return { pages, info, marked, scripts: await pdf.getJSActions(), attachments: await pdf.getAttachments() };
}

describe('receiptPdf', () => {
  it('tells everything in Polish, with all its letters', async () => {
    const lines = [buildLine(1, { discount: 500 }), buildLine(2, { unitAmount: 12300, taxPercent: 23 })];
    const { pages } = await read(await pdfOf(buildOrder({ lines })));
    expect(pages).toHaveLength(1);
    for (const part of [
      'Potwierdzenie zapłaty',
      'R-2026/000123',
      '25 listopada 2026',
      '24 listopada 2026',
      '7K3M-Q9XT-4BVD',
      'Lektura – księgarnia cyfrowa',
      'NIP: 5252525252',
      'Anna Kowalska-Źdźbło',
      '30-002 Kraków',
      'Kwoty w walucie PLN',
      'Tom 1: Zażółć gęślą jaźń',
      '−5,00',
      'W tym podatek',
      '167,00 zł',
      '100,00 23,00 123,00',
      'pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
      'Nie jest fakturą VAT ani paragonem fiskalnym.',
      'Strona 1 z 1',
    ]) {
      expect(pages[0]).toContain(part);
    }
  });

  it.each([
    ['jpy', 1500, 'JP¥1,500'],
    ['kwd', 12345, 'KWD 12.345'],
    ['eur', 2400, '€24.00'],
  ])('writes amounts of %s', async (currency, unitAmount, text) => {
    const order = buildOrder({
      currency,
      lines: [buildLine(1, { unitAmount })],
      buyer: buildBuyer({ language: 'en' }),
    });
    expect((await read(await pdfOf(order))).pages[0]).toContain(text);
  });

  it('gives the same bytes for the same document', async () => {
    const [first, second] = [await pdfOf(buildOrder()), await pdfOf(buildOrder())];
    expect(Buffer.compare(first, second)).toBe(0);
    const other = await pdfOf(buildOrder({ buyer: buildBuyer({ name: 'Ktoś Inny' }) }));
    expect(Buffer.compare(first, other)).not.toBe(0);
  });

  it('says what it is, in which language and when it was made', async () => {
    const { info, marked } = await read(await pdfOf(buildOrder()));
    expect(info).toMatchObject({
      Title: 'Potwierdzenie zapłaty R-2026/000123',
      Author: 'Lektura – księgarnia cyfrowa',
      Language: 'pl-PL',
      CreationDate: 'D:20261124230500Z',
    });
    expect(marked).toMatchObject({ Marked: true });
  });

  it('prints names in Latin, Greek, Cyrillic, Hebrew, Arabic and Armenian', async () => {
    const name = 'Đặng Ελένη Јован Հայկ';
    const [text] = (await read(await pdfOf(buildOrder({ buyer: buildBuyer({ name }) })))).pages;
    expect(text).toContain('Đặng Ελένη Јован');
    expect(text).toContain('Հայկ');
  });

  it('prints a box for what no font has, and keeps the rest', async () => {
    const buyer = buildBuyer({ name: '山田 Taro ภ 👩‍👩‍👧‍👦' });
    expect((await read(await pdfOf(buildOrder({ buyer })))).pages[0]).toContain('□□ Taro □ □');
  });

  it('prints letters as they were written, without turning them into arrows', async () => {
    const lines = [buildLine(1, { title: 'a -> b <= c 3x4' })];
    expect((await read(await pdfOf(buildOrder({ lines })))).pages[0]).toContain('a -> b <= c 3x4');
  });

  it('runs over several pages with the head of the table on each, every line once, and sums at the end', async () => {
    const lines = Array.from({ length: 70 }, (_, at) =>
      buildLine(at + 1, { title: `Title number ${at + 1}!` }),
    );
    const { pages } = await read(await pdfOf(buildOrder({ lines, buyer: buildBuyer({ language: 'en' }) })));
    expect(pages.length).toBeGreaterThan(2);
    for (const { lineNo } of lines) {
      expect(pages.join(' ').split(`Title number ${lineNo}!`)).toHaveLength(2);
    }
    const withLines = pages.filter((text) => text.includes('Title number'));
    expect(withLines.every((text) => text.includes('Unit price'))).toBe(true);
    expect(pages.every((text) => text.includes('R-2026/000123'))).toBe(true);
    expect(pages.at(-1)).toContain('Total paid');
    expect(pages.at(-1)).toContain(`Page ${pages.length} of ${pages.length}`);
  });

  it('has nothing in it that acts', async () => {
    const title = '(\\) Tj ET Q /JS (app.alert(1)) /OpenAction << /S /JavaScript >> endobj';
    const bytes = await pdfOf(buildOrder({ lines: [buildLine(1, { title })] }));
    const { pages, scripts, attachments } = await read(bytes);
    expect(pages[0]?.replace(/ /g, '')).toContain('/JS(app.alert(1))');
    expect(scripts).toBeNull();
    expect(attachments).toBeNull();
    const raw = Buffer.from(bytes).toString('latin1');
    expect(raw).not.toMatch(
      /\/(JS|JavaScript|OpenAction|AA|Launch|URI|SubmitForm|EmbeddedFile|AcroForm|Annots)\b/,
    );
  });

  it('never throws, stays one small file and reads back, whatever the buyer typed', async () => {
    await fc.assert(
      fc.asyncProperty(hostileOrder, async (order) => {
        const bytes = await pdfOf(order);
        expect(bytes.length).toBeLessThan(120_000);
        const { pages } = await read(bytes);
        expect(pages).toHaveLength(1);
        expect(pages[0]).toContain('7K3M-Q9XT-4BVD');
      }),
      { numRuns: 40 },
    );
  });

  it('keeps amounts of any length on the page', async () => {
    const lines = [buildLine(1, { unitAmount: 90_071_992_547_409, title: 'W'.repeat(200), discount: 1 })];
    const { pages } = await read(await pdfOf(buildOrder({ lines, currency: 'kwd' })));
    expect(pages[0]?.replace(/\s/g, '')).toContain('90071992547,408KWD');
  });
});
