import type { MarkedPages, MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import type { CopyWay } from './bookMarking.ts';
import type { FileBody } from './fileStore.ts';
import type { StoredBody } from './orders.ts';
import type { Transaction } from './transaction.ts';

/** `streamed`: made while it is downloaded. Its size and hash are known, and nothing lies in the store. */
export type Kept = 'stored' | 'streamed';

export interface StoredFileRow {
  paymentId: string;
  kind: 'copy' | 'receipt';
  /** 0 for a receipt. */
  lineNo: number;
  format: Format;
  storageKey: string;
  sizeBytes: number;
  sha256: string;
  kept: Kept;
  /** What a copy was made of; null for a receipt. */
  made: CopyRecord | null;
}

export interface StoredFileLedger {
  /** Records verified files and lets entitlements whose files are all there leave `processing`. */
  record(tx: Transaction, files: StoredFileRow[]): Promise<void>;
  /**
   * Records verified copies of the version that is sold now, in the place of those of other versions. Versions that have
   * been overtaken meanwhile are left.
   */
  replace(tx: Transaction, files: StoredFileRow[]): Promise<void>;
  /** When the last copy of a payment was stored; null when there is none. */
  lastCopyStoredAt(paymentId: string): Promise<Date | null>;
}

/** A buyer's copy of a book that is wanted. */
export interface CopyRequest extends CopyOwner {
  lineNo: number;
  /** In which the buyer is written to. */
  language: string;
  productId: string;
  version: string;
  format: Format;
}

/**
 * What a copy is made of, apart from who bought it: with the order, all that is needed to make it again byte for byte.
 * Stored with the file.
 */
export interface CopyRecord {
  productId: string;
  version: string;
  format: Format;
  masterSha256: string;
  way: CopyWay;
  reach: MarkReach;
  /** Of the marker that made it. */
  revision: number;
  pages: MarkedPages;
  /** What its bytes begin with, and what the rest is made by; absent in older records. */
  shared?: { body: StoredBody; recipe: StoredBody };
  /** The text of the visible line before name and order are in it, and the code of the hidden marks. Null: not marked. */
  mark: { text: string; code: string } | null;
}

/** Whose copy it is. */
export interface CopyOwner {
  orderId: string;
  buyerName: string | null;
}

export type CopyResult =
  | { kind: 'ready'; body: FileBody; contentType: string; record: CopyRecord }
  /** A human mends it, then the copy is made. */
  | {
      kind: 'unusable';
      reason: 'file_missing' | 'file_damaged' | 'marking_refused' | 'made_differently';
      /** For staff. */
      detail: string;
    };

export interface Copies {
  /** @throws Fault of the file store, or of a marker */
  prepare(request: CopyRequest, signal: AbortSignal): Promise<CopyResult>;
  /** The same copy again. `made_differently`: its book or its marker is not what it was. */
  remake(record: CopyRecord, owner: CopyOwner, signal: AbortSignal): Promise<CopyResult>;
}
