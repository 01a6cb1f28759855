import type { ReceiptRenderer } from '../ports/orders.ts';
import type { CreditNoteRenderer } from '../ports/settling.ts';
import { creditNoteDocument, creditNoteDocumentSchema } from '../receipts/creditNote.ts';
import { receiptDocument, receiptDocumentSchema, receiptFileName } from '../receipts/document.ts';
import { creditNotePdf, receiptPdf } from '../receipts/pdf.ts';
import type { Config } from './config.ts';

/** Rendered PDFs that are kept for a moment: the mail and the stored file are the same bytes. */
const keptMax = 64;

/** Receipts as steps and mails see them: plain JSON in, text and bytes out. */
export function createReceiptRenderer(
  config: Pick<Config, 'seller' | 'receiptSeriesPrefix'>,
): ReceiptRenderer {
  const { seller } = config;
  const pdfOf = keeping(receiptPdf);

  return {
    build: (order, issue) => receiptDocument(order, seller, issue),
    seriesOf: yearlySeries(config.receiptSeriesPrefix, seller.timeZone),
    yearOf: (document) => Number(receiptDocumentSchema.parse(document).issueDay.slice(0, 4)),
    numberText: (document) => receiptDocumentSchema.parse(document).number,
    fileName: (document) => receiptFileName(receiptDocumentSchema.parse(document).number, 'pdf'),
    pdf: (document) => pdfOf(receiptDocumentSchema.parse(document)),
  };
}

/** Credit notes in the same way, in a series of their own. */
export function createCreditNoteRenderer(
  config: Pick<Config, 'seller' | 'creditNoteSeriesPrefix'>,
): CreditNoteRenderer {
  const { seller } = config;
  const pdfOf = keeping(creditNotePdf);

  return {
    build: (request, issue) => creditNoteDocument(request, seller, issue),
    seriesOf: yearlySeries(config.creditNoteSeriesPrefix, seller.timeZone),
    kindOf: (document) => creditNoteDocumentSchema.parse(document).kind,
    numberText: (document) => creditNoteDocumentSchema.parse(document).number,
    fileName: (document) => receiptFileName(creditNoteDocumentSchema.parse(document).number, 'pdf'),
    pdf: (document) => pdfOf(creditNoteDocumentSchema.parse(document)),
  };
}

/** "R-2026": a new series each year, by the seller's time zone. */
function yearlySeries(prefix: string, timeZone: string): (issuedAt: Date) => string {
  const yearIn = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone });
  return (issuedAt) => `${prefix}-${yearIn.format(issuedAt)}`;
}

/** Draws each document once, and keeps the latest ones by their number. */
function keeping<Document extends { number: string }>(
  draw: (document: Document) => Promise<Uint8Array>,
): (document: Document) => Promise<Uint8Array> {
  const kept = new Map<string, Promise<Uint8Array>>();
  return (document) => {
    const known = kept.get(document.number);
    if (known) return known;
    const drawn = draw(document);
    kept.set(document.number, drawn);
    drawn.catch(() => kept.delete(document.number));
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return drawn;
  };
}
