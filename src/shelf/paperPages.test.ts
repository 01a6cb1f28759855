import { describe, expect, it } from 'vitest';
import { createCreditNotePages, createReceiptPages } from './paperPages.ts';
import { createLinkTokens } from './linkTokens.ts';

const id = '0193b0a4-7b1c-7000-8000-000000000001';
const tokens = createLinkTokens({ keys: [new Uint8Array(32).fill(7)] });
const rendering = {
  tokens,
  renderHtml: (document: unknown) => `page of ${String(document)}`,
  renderPdf: async (document: unknown) => new TextEncoder().encode(`file of ${String(document)}`),
};
const receiptPages = createReceiptPages({
  ...rendering,
  store: {
    readReceipt: async (asked) =>
      asked === id ? { series: 'R-2026', number: 12, document: 'receipt' } : undefined,
  },
});
const creditNotePages = createCreditNotePages({
  ...rendering,
  store: {
    readCreditNote: async (asked) =>
      asked === id ? { series: 'C-2026', number: 1_234_567, document: 'credit note' } : undefined,
  },
});

describe('papers behind their links', () => {
  it('are shown as a page, and as a file that is named by their number', async () => {
    const receipt = tokens.write('receipt-page', id);
    expect(await receiptPages.html(receipt)).toBe('page of receipt');
    expect((await receiptPages.pdf(receipt))?.fileName).toBe('R-2026-000012.pdf');
    const creditNote = tokens.write('credit-note-page', id);
    expect(await creditNotePages.html(creditNote)).toBe('page of credit note');
    const file = await creditNotePages.pdf(creditNote);
    expect(file?.fileName).toBe('C-2026-1234567.pdf');
    expect(new TextDecoder().decode(file?.bytes)).toBe('file of credit note');
  });

  it('open with a token of their own kind only', async () => {
    for (const kind of ['receipt-page', 'download-link'] as const) {
      expect(await creditNotePages.html(tokens.write(kind, id))).toBeUndefined();
      expect(await creditNotePages.pdf(tokens.write(kind, id))).toBeUndefined();
    }
    expect(await receiptPages.html(tokens.write('credit-note-page', id))).toBeUndefined();
  });

  it('are not there for the id of another', async () => {
    const other = tokens.write('credit-note-page', '0193b0a4-7b1c-7000-8000-000000000002');
    expect(await creditNotePages.html(other)).toBeUndefined();
    expect(await creditNotePages.pdf(other)).toBeUndefined();
  });
});
