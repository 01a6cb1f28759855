import type { LinkTokenKind, LinkTokens } from '../ports/linkTokens.ts';
import type { ShelfStore, StoredPaper } from '../ports/shelf.ts';

/** A receipt or a credit note as its link shows it. */
export interface PaperPages {
  /** As a page; undefined for a token that opens nothing. */
  html(token: string): Promise<string | undefined>;
  pdf(token: string): Promise<{ bytes: Uint8Array; fileName: string } | undefined>;
}

interface Rendering {
  tokens: LinkTokens;
  renderHtml: (document: unknown) => string;
  renderPdf: (document: unknown) => Promise<Uint8Array>;
}

/** The receipt behind a token. A refund changes nothing here: a receipt stays a receipt. */
export function createReceiptPages(
  options: Rendering & { store: Pick<ShelfStore, 'readReceipt'> },
): PaperPages {
  return createPaperPages('receipt-page', options, (paymentId) => options.store.readReceipt(paymentId));
}

/** The credit note, or the reversal of one, behind a token. */
export function createCreditNotePages(
  options: Rendering & { store: Pick<ShelfStore, 'readCreditNote'> },
): PaperPages {
  return createPaperPages('credit-note-page', options, (id) => options.store.readCreditNote(id));
}

/** Both forms are rendered from the stored document alone, so they say the same as on the day of issue. */
function createPaperPages(
  kind: LinkTokenKind,
  { tokens, renderHtml, renderPdf }: Rendering,
  read: (id: string) => Promise<StoredPaper | undefined>,
): PaperPages {
  async function find(token: string): Promise<StoredPaper | undefined> {
    const id = tokens.read(kind, token);
    return id === undefined ? undefined : read(id);
  }

  return {
    async html(token) {
      const paper = await find(token);
      return paper && renderHtml(paper.document);
    },

    async pdf(token) {
      const paper = await find(token);
      if (paper === undefined) return undefined;
      return { bytes: await renderPdf(paper.document), fileName: `${paperNumber(paper, '-')}.pdf` };
    },
  };
}

/** A paper's number as people read it, `R-2026/000123`, or as files are named, `R-2026-000123`. */
export const paperNumber = ({ series, number }: Pick<StoredPaper, 'series' | 'number'>, joint: '/' | '-') =>
  `${series}${joint}${String(number).padStart(6, '0')}`;
