import type { ReceiptRenderer } from '../../src/ports/orders.ts';
import type { CreditNoteRenderer } from '../../src/ports/settling.ts';
import { creditNoteDocument, creditNoteDocumentSchema } from '../../src/receipts/creditNote.ts';
import { receiptDocument, receiptDocumentSchema, receiptFileName } from '../../src/receipts/document.ts';
import { seller } from './sale.ts';

const yearIn = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: seller.timeZone });

/** The same of credit notes. */
export function createPlainCreditNotes(prefix = 'C'): CreditNoteRenderer {
  const read = (document: unknown) => creditNoteDocumentSchema.parse(document);
  return {
    build: (request, issue) => creditNoteDocument(request, seller, issue),
    seriesOf: (issuedAt) => `${prefix}-${yearIn.format(issuedAt)}`,
    kindOf: (document) => read(document).kind,
    numberText: (document) => read(document).number,
    fileName: (document) => receiptFileName(read(document).number, 'pdf'),
    pdf: async (document) => new TextEncoder().encode(`%PDF ${JSON.stringify(document)}`),
  };
}

/** The real documents, with their text for a PDF: drawing one takes a tenth of a second and is tested where it is done. */
export function createPlainReceipts(prefix = 'R'): ReceiptRenderer {
  const read = (document: unknown) => receiptDocumentSchema.parse(document);
  return {
    build: (order, issue) => receiptDocument(order, seller, issue),
    seriesOf: (issuedAt) => `${prefix}-${yearIn.format(issuedAt)}`,
    yearOf: (document) => Number(read(document).issueDay.slice(0, 4)),
    numberText: (document) => read(document).number,
    fileName: (document) => receiptFileName(read(document).number, 'pdf'),
    pdf: async (document) => new TextEncoder().encode(`%PDF ${JSON.stringify(document)}`),
  };
}
