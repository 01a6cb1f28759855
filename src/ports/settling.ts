import type { JobState } from '../domain/job.ts';
import type { OwnedLine, StateMove } from './buyerControl.ts';
import type { ReceiptJson } from './orders.ts';
import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

/** A refund that stands gets a `credit`; if it fails later, a `reversal` takes that back. Each has a number of its own. */
export type CreditNoteKind = 'credit' | 'reversal';

export interface CreditNoteRequest {
  paymentId: string;
  refundId: string;
  kind: CreditNoteKind;
  /** In minor units of the order's currency. */
  amount: number;
  /** Lines that the refund is for, by number; null: a part of the sum that belongs to no line. */
  lines: number[] | null;
  /** The receipt that it corrects: buyer, lines and taxes are taken from it. */
  receipt: ReceiptJson;
  /** All credit notes and reversals that the receipt has had before: what they took, this one does not take again. */
  earlier: ReceiptJson[];
  /** Of a reversal: the credit note that it takes back. */
  reverses: ReceiptJson | null;
}

/** Rendering of credit notes: pure functions of the stored document, as with receipts. */
export interface CreditNoteRenderer {
  /** @throws Fault `needs_human` when the amount is not one that the receipt can bear */
  build(request: CreditNoteRequest, issue: { series: string; number: number; issuedAt: Date }): ReceiptJson;
  /** `C-2026`, by the seller's time zone. */
  seriesOf(issuedAt: Date): string;
  kindOf(document: ReceiptJson): CreditNoteKind;
  /** `C-2026/000007`. */
  numberText(document: ReceiptJson): string;
  /** `C-2026-000007.pdf`. */
  fileName(document: ReceiptJson): string;
  pdf(document: ReceiptJson): Promise<Uint8Array>;
}

/** What a buyer is told after a change of their payment: written with the change, mailed once. */
export type Notice = {
  /** Unique for its payment: `refund:re_…`, `refund_failed:re_…`, `access:2`. */
  key: string;
  /** Lines whose access has ended or come back with this change, by number. */
  lines: number[];
} & (
  | { kind: 'refund' | 'refund_failed'; refundId: string; amount: number; currency: string }
  | { kind: 'access_ended' | 'access_restored' }
);
export type NoticeKind = Notice['kind'];

/** A notice as its mail is made of it. */
export interface NoticeToTell {
  notice: Notice;
  /** Of a refund with a receipt of ours: the credit note, or the reversal, that its mail carries. */
  creditNote: StoredCreditNote | null;
}

/** A row of `credit_notes`, as far as mails need it: the link to its page is made of its id. */
export interface StoredCreditNote {
  creditNoteId: string;
  document: ReceiptJson;
}

/** A payment under lock, with everything that decides what is to be settled of it. */
export interface PaymentToSettle {
  paymentId: string;
  /** What was read before this was asked for counts for nothing. */
  factsWanted: number;
  facts: JsonObject;
  /** Its fulfilment; null: nobody has said yet that it is paid. */
  fulfil: { state: JobState; issuesReceipt: boolean; order: JsonObject | null } | null;
  receipt: { receiptId: string; document: ReceiptJson } | null;
  /** As they were issued. */
  creditNotes: IssuedCreditNote[];
  notices: Notice[];
  /** Keys of what the job has told already, or will not tell. */
  toldKeys: string[];
  owned: OwnedLine[];
}

export interface IssuedCreditNote extends StoredCreditNote {
  refundId: string;
  kind: CreditNoteKind;
  amount: number;
}

/** What is written of a payment, all of it with the facts it follows from. */
export interface Settlement {
  paymentId: string;
  /** These keys of its facts; the others stay. */
  facts: JsonObject;
  moves: Array<StateMove & { reason: string }>;
  notices: Notice[];
}

export interface CreditNoteToIssue {
  receiptId: string;
  request: CreditNoteRequest;
}

export interface SettleStore {
  /** What must be read, and of which intent. Read before Stripe is asked. */
  readWanted(paymentId: string): Promise<{ wanted: number; paymentIntentId: string | null }>;
  /** Payments by the id of their settle job, locked in key order (DESIGN law 7). */
  lock(
    tx: Transaction,
    jobs: Array<{ jobId: string; paymentId: string }>,
  ): Promise<Map<string, PaymentToSettle>>;
  write(tx: Transaction, settlements: Settlement[]): Promise<void>;
  /**
   * Issues credit notes with the next numbers of their series, without gap, in this order; `earlier` and `reverses` are
   * completed with what was issued just before. To be called last: the counter is locked until COMMIT.
   */
  issue(
    tx: Transaction,
    wanted: CreditNoteToIssue[],
    renderer: Pick<CreditNoteRenderer, 'build' | 'seriesOf'>,
  ): Promise<void>;
  /** A notice with its credit note; undefined: there is none of that key. */
  readNotice(paymentId: string, key: string): Promise<NoticeToTell | undefined>;
}
