import { decimalText, formatMoney, minorDigits } from '../domain/money.ts';
import { localeOf } from '../domain/locale.ts';
import type { ReceiptDocument, ReceiptLine } from './document.ts';
import type { Fact } from './paper.ts';
import { receiptWords } from './words.ts';

type Tongue = Pick<ReceiptDocument, 'language' | 'currency'>;

/** Writes amounts without their currency, for columns that name it once: "1 234,50". */
export function plainAmounts({ language, currency }: Tongue): (amountMinor: number) => string {
  const digits = minorDigits(currency);
  const format = new Intl.NumberFormat(localeOf(language), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // A decimal string keeps every digit, where a JavaScript number would not.
  return (amountMinor) =>
    withMinus(format.format(decimalText({ amountMinor, currency }) as unknown as number));
}

export function moneyText(amountMinor: number, { language, currency }: Tongue): string {
  return withMinus(formatMoney({ amountMinor, currency }, localeOf(language)));
}

/** A real minus is as wide as a digit and never taken for a hyphen. */
const withMinus = (text: string) => text.replace('-', '−');

/** "23%", "8,5%", or a dash where no rate is known. */
export function percentText(taxPercent: number | null, { language }: Pick<Tongue, 'language'>): string {
  if (taxPercent === null) return '–';
  return `${new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: 4 }).format(taxPercent)}%`;
}

/** A column of figures beside the titles, and what it says of a line. */
export interface FigureColumn {
  key: 'quantity' | 'unitAmount' | 'discount' | 'taxRate' | 'tax' | 'lineTotal';
  label: string;
  text: (line: ReceiptLine) => string;
}

/** The columns a receipt needs: discounts and taxes only where there are any, so that most receipts stay simple. */
export function figureColumns(document: ReceiptDocument): FigureColumn[] {
  const words = receiptWords(document.language);
  const amount = plainAmounts(document);
  const column = (key: FigureColumn['key'], text: FigureColumn['text'], shown = true) =>
    shown ? [{ key, label: words[key], text }] : [];
  const taxed = document.taxRates.length > 0;
  return [
    ...column('quantity', (line) => String(line.quantity)),
    ...column('unitAmount', (line) => amount(line.unitAmount)),
    ...column(
      'discount',
      (line) => (line.discount ? amount(-line.discount) : '–'),
      document.lines.some((line) => line.discount > 0),
    ),
    ...column('taxRate', (line) => percentText(line.taxPercent, document), taxed),
    ...column('tax', (line) => amount(line.tax), taxed),
    ...column('lineTotal', (line) => amount(line.total)),
  ];
}

/** The sums under the lines; the last one is what was paid. */
export function sums(document: ReceiptDocument): Fact[] {
  const words = receiptWords(document.language);
  const rows = [{ label: words.subtotal, text: moneyText(document.subtotal, document) }];
  if (document.discount) {
    rows.push({ label: words.discount, text: moneyText(-document.discount, document) });
  }
  if (document.tax) {
    const label = document.taxIncluded ? words.taxIncluded : words.tax;
    rows.push({ label, text: moneyText(document.tax, document) });
  }
  return [...rows, { label: words.total, text: moneyText(document.total, document) }];
}
