import type { Marking, MarkReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import type { Language, Order } from '../domain/order.ts';
import type { CopyWay } from './bookMarking.ts';
import type { Transaction } from './transaction.ts';

/** What is known of a payment's ids, read fresh: a later event may have brought the session. */
export interface KnownPayment {
  paymentIntentId: string | null;
  checkoutSessionId: string | null;
  livemode: boolean;
  /** Where its mails go since somebody has corrected the address; null when nobody has. */
  correctedEmail: string | null;
}

export interface PaidFacts {
  paymentId: string;
  /** The address in the order that is recorded with it. */
  email: string;
  paidAt: Date;
  currency: string;
  amount: number;
  checkoutSessionId: string | null;
}

export interface PaymentStore {
  read(paymentId: string): Promise<KnownPayment>;
  /**
   * Writes what Stripe's API said about the payment.
   *
   * @throws Fault transient, when an address was corrected meanwhile and the order has another
   */
  recordFacts(tx: Transaction, facts: PaidFacts[]): Promise<void>;
}

/** A file of the store that copies are made of. */
export type StoredBody = {
  key: string;
  sizeBytes: number;
  sha256: string;
};

/** One file of a product as it was imported, and how copies of it are made. */
export interface CatalogFile {
  format: Format;
  version: string;
  /** The file as it was imported. */
  master: StoredBody;
  way: CopyWay;
  reach: MarkReach;
  /** Of the marker that prepared it. */
  revision: number;
  /** Way `tail`: what all copies begin with, and what their tails are made of. */
  shared: { body: StoredBody; recipe: StoredBody } | null;
  marking: Marking;
}

export interface CatalogProduct {
  productId: string;
  title: string;
  version: string;
}

export interface PricedProduct extends CatalogProduct {
  priceId: string;
  currency: string;
  unitAmount: number;
  formats: Format[];
}

export interface CatalogStore {
  findByPrices(priceIds: string[]): Promise<PricedProduct[]>;
  readFile(productId: string, version: string, format: Format): Promise<CatalogFile | undefined>;
}

export interface Grant {
  jobId: string;
  paymentId: string;
  orderId: string;
  canonicalEmail: string;
  email: string;
  name: string | null;
  language: Language;
  lines: Array<{ lineNo: number; productId: string; version: string; formats: Format[]; quantity: number }>;
}

export interface EntitlementStore {
  /** Profiles by canonical e-mail and one entitlement per line, under lock of the payments, as their facts demand. */
  grant(tx: Transaction, grants: Grant[]): Promise<void>;
  /** Entitlements of a payment, by line. */
  ofPayment(paymentId: string): Promise<Array<{ entitlementId: string; lineNo: number; state: string }>>;
}

/** A document that is built once the number is known; plain JSON. */
export type ReceiptJson = { [key: string]: unknown };

export interface ReceiptRequest {
  jobId: string;
  paymentId: string;
  order: Order;
}

export interface IssuedReceipt {
  jobId: string;
  receiptId: string;
  series: string;
  number: number;
  issuedAt: Date;
}

export interface ReceiptStore {
  /**
   * Issues receipts with the next numbers of their series, without gap. A payment that has one gets the same again.
   * A number must not leave the process before the transaction has committed.
   */
  issue(
    tx: Transaction,
    requests: ReceiptRequest[],
    build: (
      request: ReceiptRequest,
      issue: { series: string; number: number; issuedAt: Date },
    ) => ReceiptJson,
    seriesOf: (issuedAt: Date) => string,
  ): Promise<IssuedReceipt[]>;
  read(paymentId: string): Promise<{ document: ReceiptJson; issuedAt: Date } | undefined>;
}

/** Rendering of receipts: pure functions of the stored document. */
export interface ReceiptRenderer {
  build(order: Order, issue: { series: string; number: number; issuedAt: Date }): ReceiptJson;
  seriesOf(issuedAt: Date): string;
  /** Year of issue in the seller's time zone, the one its series carries. */
  yearOf(document: ReceiptJson): number;
  /** `R-2026/000123`. */
  numberText(document: ReceiptJson): string;
  /** `R-2026-000123.pdf`. */
  fileName(document: ReceiptJson): string;
  pdf(document: ReceiptJson): Promise<Uint8Array>;
}
