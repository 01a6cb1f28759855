import type { LinkTokens } from '../ports/linkTokens.ts';
import type { ShelfStore, StoredReceipt } from '../ports/shelf.ts';

export interface ReceiptPages {
  /** The receipt as a page; undefined for a token that opens nothing. */
  html(token: string): Promise<string | undefined>;
  pdf(token: string): Promise<{ bytes: Uint8Array; fileName: string } | undefined>;
}

/**
 * The receipt behind a token. Both forms are rendered from the stored document alone, so they say the same as on the
 * day of issue. A refund changes nothing here: a receipt stays a receipt.
 */
export function createReceiptPages(options: {
  store: ShelfStore;
  tokens: LinkTokens;
  renderHtml: (document: unknown) => string;
  renderPdf: (document: unknown) => Promise<Uint8Array>;
}): ReceiptPages {
  const { store, tokens, renderHtml, renderPdf } = options;

  async function find(token: string): Promise<StoredReceipt | undefined> {
    const paymentId = tokens.read('receipt-page', token);
    return paymentId === undefined ? undefined : store.readReceipt(paymentId);
  }

  return {
    async html(token) {
      const receipt = await find(token);
      return receipt && renderHtml(receipt.document);
    },

    async pdf(token) {
      const receipt = await find(token);
      if (receipt === undefined) return undefined;
      const bytes = await renderPdf(receipt.document);
      return { bytes, fileName: `${receipt.series}-${String(receipt.number).padStart(6, '0')}.pdf` };
    },
  };
}
