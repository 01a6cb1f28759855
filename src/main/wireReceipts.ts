import type { ReceiptRenderer } from '../ports/orders.ts';
import { receiptDocument, receiptDocumentSchema, receiptFileName } from '../receipts/document.ts';
import { receiptPdf } from '../receipts/pdf.ts';
import type { Config } from './config.ts';

/** Rendered PDFs that are kept for a moment: the mail and the stored file are the same bytes. */
const keptMax = 64;

/** Receipts as steps and mails see them: plain JSON in, text and bytes out. */
export function createReceiptRenderer(
  config: Pick<Config, 'seller' | 'receiptSeriesPrefix'>,
): ReceiptRenderer {
  const { seller, receiptSeriesPrefix: prefix } = config;
  const kept = new Map<string, Promise<Uint8Array>>();
  const yearIn = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: seller.timeZone });

  return {
    build: (order, issue) => receiptDocument(order, seller, issue),
    seriesOf: (issuedAt) => `${prefix}-${yearIn.format(issuedAt)}`,
    yearOf: (document) => Number(receiptDocumentSchema.parse(document).issueDay.slice(0, 4)),
    numberText: (document) => receiptDocumentSchema.parse(document).number,
    fileName: (document) => receiptFileName(receiptDocumentSchema.parse(document).number, 'pdf'),
    pdf(document) {
      const parsed = receiptDocumentSchema.parse(document);
      const known = kept.get(parsed.number);
      if (known) return known;
      const rendered = receiptPdf(parsed);
      kept.set(parsed.number, rendered);
      rendered.catch(() => kept.delete(parsed.number));
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
      return rendered;
    },
  };
}
