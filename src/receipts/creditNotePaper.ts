import { dayText } from '../domain/calendar.ts';
import { buyerOf, ratesOf, sellerOf } from './contents.ts';
import type { CreditNoteDocument, CreditNoteLine } from './creditNote.ts';
import { creditNoteWords } from './creditNoteWords.ts';
import { moneyText, percentText, plainAmounts } from './figures.ts';
import type { Fact, Paper } from './paper.ts';
import { receiptWords } from './words.ts';

/** What stands on a credit note or a reversal. Pure: the same document gives the same texts. */
export function creditNotePaper(document: CreditNoteDocument): Paper {
  const { language, kind } = document;
  const shared = receiptWords(language);
  const words = creditNoteWords(language);
  return {
    language,
    issuedAt: document.issuedAt,
    heading: words[kind].title,
    number: document.number,
    shopName: document.seller.name,
    notices: [...words[kind].notices, ...(document.test ? [words.testMode] : [])],
    facts: headFacts(document),
    parties: [sellerOf(document), buyerOf(document)],
    items: items(document),
    sums: sums(document),
    rates: ratesOf(document),
    references: [
      { label: shared.payment, text: document.paymentKey },
      { label: words.refund, text: document.refundId },
    ],
    legalNote: words[kind].legalNote,
    questions: shared.questions(document.seller.email),
    pageText: shared.page,
  };
}

function headFacts({ language, issueDay, receipt, reverses, orderId }: CreditNoteDocument): Fact[] {
  const words = creditNoteWords(language);
  const reference = ({ number, issueDay: day }: { number: string; issueDay: string }) =>
    // The day stays in one piece.
    words.reference(number, dayText(day, language).replaceAll(' ', '\u00A0'));
  return [
    { label: receiptWords(language).issueDate, text: dayText(issueDay, language) },
    ...(reverses ? [{ label: words.takesBack, text: reference(reverses) }] : []),
    { label: words.corrects, text: reference(receipt) },
    { label: receiptWords(language).order, text: orderId },
  ];
}

/** A row of the paper: a line that the refund is for, or the sum that is for no line. */
interface CreditRow {
  title: string;
  line: Pick<CreditNoteLine, 'quantity' | 'paid'> | null;
  taxPercent: number | null;
  tax: number;
  total: number;
}

function rowsOf({ lines, language }: CreditNoteDocument): CreditRow[] {
  const named = lines.filter((line) => line.named).map((line) => ({ ...line, line }));
  const shares = lines.filter((line) => !line.named);
  if (shares.length === 0) return named;
  const [rate = null, ...otherRates] = new Set(shares.map(({ taxPercent }) => taxPercent));
  const sum = (key: 'tax' | 'total') => shares.reduce((all, share) => all + share[key], 0);
  return [
    ...named,
    {
      title: creditNoteWords(language).partOfSum,
      line: null,
      taxPercent: otherRates.length === 0 ? rate : null,
      tax: sum('tax'),
      total: sum('total'),
    },
  ];
}

interface CreditColumn {
  label: string;
  text: (row: CreditRow) => string;
}

function items(document: CreditNoteDocument): Paper['items'] {
  const shared = receiptWords(document.language);
  const rows = rowsOf(document);
  const columns = columnsOf(document, rows);
  return {
    title: shared.items,
    head: `${shared.item} · ${shared.amountsIn(document.currency.toUpperCase())}`,
    shortHead: shared.item,
    columns: columns.map(({ label }) => label),
    rows: rows.map((row) => ({
      title: row.title,
      figures: columns.map((column) => column.text(row)),
      details: details(row, document),
    })),
  };
}

function columnsOf(document: CreditNoteDocument, rows: CreditRow[]): CreditColumn[] {
  const shared = receiptWords(document.language);
  const words = creditNoteWords(document.language);
  const amount = plainAmounts(document);
  const column = (label: string, shown: boolean, text: CreditColumn['text']) =>
    shown ? [{ label, text }] : [];
  const named = rows.some(({ line }) => line !== null);
  const taxed = document.taxRates.length > 0;
  return [
    ...column(shared.quantity, named, ({ line }) => (line ? String(line.quantity) : '–')),
    ...column(words.paid, named, ({ line }) => (line ? amount(line.paid) : '–')),
    ...column(shared.taxRate, taxed, ({ taxPercent }) => percentText(taxPercent, document)),
    ...column(shared.tax, taxed, ({ tax }) => amount(tax)),
    ...column(words[document.kind].lineTotal, true, ({ total }) => amount(total)),
  ];
}

/** "Zapłacono 49,00", "Podatek 5%: 2,33". */
function details({ line, tax, taxPercent }: CreditRow, document: CreditNoteDocument): string[] {
  const amount = plainAmounts(document);
  const shared = receiptWords(document.language);
  const rate = taxPercent === null ? '' : ` ${percentText(taxPercent, document)}`;
  return [
    ...(line ? [`${creditNoteWords(document.language).paid} ${amount(line.paid)}`] : []),
    ...(tax ? [`${shared.tax}${rate}: ${amount(tax)}`] : []),
  ];
}

function sums(document: CreditNoteDocument): Fact[] {
  const words = creditNoteWords(document.language);
  const money = (amountMinor: number) => moneyText(amountMinor, document);
  return [
    { label: words.receiptTotal, text: money(document.receipt.total) },
    ...(document.tax ? [{ label: words.taxWithin, text: money(document.tax) }] : []),
    { label: words[document.kind].total, text: money(document.total) },
  ];
}
