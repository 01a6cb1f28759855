import fc from 'fast-check';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { buildCreditNote } from '../../test/builders/creditNote.ts';
import { buildBuyer, buildLine, buildOrder, hostileOrder } from '../../test/builders/sale.ts';
import { creditNoteWords } from './creditNoteWords.ts';
import { creditNoteHtml } from './html.ts';
import { creditNotePdf } from './pdf.ts';

const lines = [buildLine(1, { quantity: 2 }), buildLine(2, { unitAmount: 12300, taxPercent: 23 })];
const polish = buildOrder({ lines });
const english = buildOrder({ lines, currency: 'eur', buyer: buildBuyer({ language: 'en' }) });

/** What a reader sees, one space for all whitespace. */
function textOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

async function textOfPdf(bytes: Uint8Array): Promise<string> {
  const pdf = await getDocument({ data: Uint8Array.from(bytes), verbosity: 0 }).promise;
  expect(pdf.numPages).toBe(1);
  const { items } = await (await pdf.getPage(1)).getTextContent();
  return items
    .map((item) => ('str' in item ? item.str : ''))
    .join(' ')
    .replace(/\s+/g, ' ');
}

describe('a credit note', () => {
  it('tells in Polish what was refunded, of which receipt, with its taxes', async () => {
    const document = buildCreditNote(polish, { amount: 12300, lines: [2] });
    const html = creditNoteHtml(document);
    expect(html).toContain('<html lang="pl-PL">');
    const text = textOf(html);
    for (const part of [
      'Potwierdzenie zwrotu C-2026/000007',
      'Data wystawienia 3 grudnia 2026',
      'Koryguje potwierdzenie zapłaty R-2026/000123 z dnia 25 listopada 2026',
      'Zamówienie 7K3M-Q9XT-4BVD',
      'Nabywca Anna Kowalska-Źdźbło',
      'Kwoty w walucie PLN Ilość Zapłacono Stawka Podatek Zwrot',
      'Tom 2: Zażółć gęślą jaźń Zapłacono 123,00 Podatek 23%: 23,00 1 123,00 23% 23,00 123,00',
      'Pierwotnie zapłacono 221,00 zł',
      'Podatek w kwocie zwrotu 23,00 zł',
      'Zwrócono 123,00 zł',
      '23% 100,00 23,00 123,00',
      'Identyfikator płatności pi_3Q8ZfT2eZvKYlo2C1x2Y3z4A',
      'Identyfikator zwrotu re_3Q8ZfT2eZvKYlo2C0aBcDeFg',
      'Nie jest fakturą korygującą VAT ani dokumentem fiskalnym.',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('Tom 1');
    const pdf = await textOfPdf(await creditNotePdf(document));
    for (const part of [
      'Potwierdzenie zwrotu',
      'C-2026/000007',
      '123,00 zł',
      're_3Q8ZfT2eZvKYlo2C0aBcDeFg',
    ]) {
      expect(pdf).toContain(part);
    }
  });

  it('tells in English of a sum that is for no item, and shows its taxes by rate', () => {
    const text = textOf(creditNoteHtml(buildCreditNote(english, { amount: 2000 })));
    for (const part of [
      'Credit note C-2026/000007',
      'Corrects receipt R-2026/000123 of 25 November 2026',
      'Partial refund of the order Tax: 2.50 – 2.50 20.00',
      '23% 9.05 2.08 11.13',
      '5% 8.45 0.42 8.87',
      'Total refunded €20.00',
      'It is not a VAT credit note or a fiscal document.',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('Tom 1');
    expect(text).not.toContain('Qty');
  });

  it('says which credit note a reversal takes back, and that the refund failed', async () => {
    const credit = buildCreditNote(english, { amount: 2000 });
    const reversal = buildCreditNote(english, { kind: 'reversal', amount: 2000, reverses: credit }, 8);
    for (const text of [textOf(creditNoteHtml(reversal)), await textOfPdf(await creditNotePdf(reversal))]) {
      expect(text).toMatch(/Reversal of a credit note\s+C-2026\/000008/);
      expect(text).toContain('The refund failed, and the money has come back to us.');
      expect(text).toMatch(/Takes back credit note\s+C-2026\/000007 of 3 December 2026/);
      expect(text).toMatch(/Corrects receipt\s+R-2026\/000123 of 25 November 2026/);
      expect(text).toMatch(/Total taken back\s+€20.00/);
    }
  });

  it('says so when no money was moved', () => {
    expect(textOf(creditNoteHtml(buildCreditNote({ ...english, livemode: false })))).toContain(
      'Test mode: no money was moved.',
    );
    expect(textOf(creditNoteHtml(buildCreditNote({ ...polish, livemode: false })))).toContain(
      'Tryb testowy: nie zwrócono żadnych pieniędzy.',
    );
  });

  it('gives the same bytes for the same document', async () => {
    const [first, second] = [await creditNotePdf(buildCreditNote()), await creditNotePdf(buildCreditNote())];
    expect(Buffer.compare(first, second)).toBe(0);
  });

  it('loads nothing, runs nothing, and has the same markup whatever the buyer typed', () => {
    const tags = (html: string) =>
      html.match(/<[^>]*>/g)?.filter((tag) => tag !== '<p dir="auto">' && tag !== '</p>');
    const calm = buildOrder({ lines: [buildLine(1), buildLine(2, { discount: 100 })] });
    fc.assert(
      fc.property(hostileOrder, (order) => {
        const html = creditNoteHtml(buildCreditNote(order));
        const buyer = buildBuyer({ language: order.buyer.language });
        expect(tags(html)).toEqual(tags(creditNoteHtml(buildCreditNote({ ...calm, buyer }))));
        expect(html).not.toMatch(/<script|<link|<img|<iframe|@import/i);
      }),
      { numRuns: 40 },
    );
  });
});

describe('creditNoteWords', () => {
  it('has every text in both languages', () => {
    const [en, pl] = [creditNoteWords('en'), creditNoteWords('pl')];
    expect(Object.keys(pl)).toEqual(Object.keys(en));
    const same = (Object.keys(en) as Array<keyof typeof en>).filter((key) => en[key] === pl[key]);
    expect(same).toEqual([]);
  });
});
