import type { Format } from '../domain/effectKey.ts';
import type { Transaction } from './transaction.ts';

export interface StoredFileRow {
  paymentId: string;
  kind: 'copy' | 'receipt';
  /** 0 for a receipt. */
  lineNo: number;
  format: Format;
  storageKey: string;
  sizeBytes: number;
  sha256: string;
}

export interface StoredFileLedger {
  /** Records verified files and lets entitlements whose files are all there leave `processing`. */
  record(tx: Transaction, files: StoredFileRow[]): Promise<void>;
  /** When the last copy of a payment was stored; null when there is none. */
  lastCopyStoredAt(paymentId: string): Promise<Date | null>;
}

/** A buyer's copy of a book, made from the master: same input, same bytes. */
export interface CopyRequest {
  orderId: string;
  buyerName: string | null;
  productId: string;
  version: string;
  format: Format;
}

export type CopyResult =
  | { kind: 'ready'; bytes: Uint8Array; sha256: string; contentType: string }
  /** The master is missing or damaged: a human mends it, then the copy is made. */
  | { kind: 'unusable'; reason: 'file_missing' | 'file_damaged'; detail: string };

export interface Copies {
  prepare(request: CopyRequest, signal: AbortSignal): Promise<CopyResult>;
}
