import type { Order } from '../../src/domain/order.ts';
import type { CreditNoteRequest } from '../../src/ports/settling.ts';
import { type CreditNoteDocument, creditNoteDocument } from '../../src/receipts/creditNote.ts';
import { receiptDocument } from '../../src/receipts/document.ts';
import { buildOrder, issue, seller } from './sale.ts';

/** Nine days after the sale that `buildOrder` makes. */
export const creditIssue = { series: 'C-2026', number: 7, issuedAt: new Date('2026-12-03T10:05:00Z') };

/** What is asked of a credit note: by default, all that was paid. */
export function buildCreditRequest(
  order: Order = buildOrder(),
  changes: Partial<CreditNoteRequest> = {},
): CreditNoteRequest {
  return {
    paymentId: '0193b0a4-7b1c-7000-8000-000000000001',
    refundId: 're_3Q8ZfT2eZvKYlo2C0aBcDeFg',
    kind: 'credit',
    amount: order.total,
    lines: null,
    receipt: receiptDocument(order, seller, issue),
    earlier: [],
    reverses: null,
    ...changes,
  };
}

export function buildCreditNote(
  order: Order = buildOrder(),
  changes: Partial<CreditNoteRequest> = {},
  number = creditIssue.number,
): CreditNoteDocument {
  return creditNoteDocument(buildCreditRequest(order, changes), seller, { ...creditIssue, number });
}
