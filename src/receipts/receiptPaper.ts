import { dayText } from '../domain/calendar.ts';
import { buyerOf, ratesOf, sellerOf } from './contents.ts';
import type { ReceiptDocument, ReceiptLine } from './document.ts';
import { figureColumns, sums } from './figures.ts';
import type { FigureColumn } from './figures.ts';
import type { Fact, Paper } from './paper.ts';
import { receiptWords } from './words.ts';

/** What stands on a receipt. Pure: the same document gives the same texts. */
export function receiptPaper(document: ReceiptDocument): Paper {
  const words = receiptWords(document.language);
  const columns = figureColumns(document);
  return {
    language: document.language,
    issuedAt: document.issuedAt,
    heading: words.title,
    number: document.number,
    shopName: document.seller.name,
    notices: document.test ? [words.testMode] : [],
    facts: headFacts(document),
    parties: [sellerOf(document), buyerOf(document)],
    items: {
      title: words.items,
      head: `${words.item} · ${words.amountsIn(document.currency.toUpperCase())}`,
      shortHead: words.item,
      columns: columns.map(({ label }) => label),
      rows: document.lines.map((line) => ({
        title: line.title,
        figures: columns.map((column) => column.text(line)),
        details: lineDetails(line, columns),
      })),
    },
    sums: sums(document),
    rates: ratesOf(document),
    references: [{ label: words.payment, text: document.paymentKey }],
    legalNote: words.legalNote,
    questions: words.questions(document.seller.email),
    pageText: words.page,
  };
}

function headFacts(document: ReceiptDocument): Fact[] {
  const words = receiptWords(document.language);
  return [
    { label: words.issueDate, text: dayText(document.issueDay, document.language) },
    { label: words.saleDate, text: dayText(document.saleDay, document.language) },
    { label: words.order, text: document.orderId },
  ];
}

/** "3 × 15,00", "Rabat −5,00", "Podatek 5% 1,62": as many as the receipt has columns for. */
function lineDetails(line: ReceiptLine, columns: FigureColumn[]): string[] {
  const text = (key: FigureColumn['key']) => columns.find((column) => column.key === key)?.text(line) ?? '';
  const label = (key: FigureColumn['key']) => columns.find((column) => column.key === key)?.label ?? '';
  return [
    `${text('quantity')} × ${text('unitAmount')}`,
    ...(line.discount ? [`${label('discount')} ${text('discount')}`] : []),
    ...(line.tax ? [`${label('tax')} ${text('taxRate')}: ${text('tax')}`] : []),
  ];
}
