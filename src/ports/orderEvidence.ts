import type { DossierEntitlement, DossierJob, DossierMail, DossierMoney } from './orderDossier.ts';

/** One delivery of a book, or of a part of it. */
export interface EvidenceDownload {
  at: Date;
  lineNo: number;
  format: string;
  /** `redirect`: the file store delivered it, and nobody saw how much. */
  deliveredBy: 'stream' | 'redirect';
  /** Asked by a mail scanner or a preview, not by a person. */
  program: boolean;
  sizeBytes: number | null;
  sentBytes: number;
  finishedAt: Date | null;
  /** Keyed hash of the network address in hexadecimal digits; null when it was not known, or is forgotten. */
  addressHash: string | null;
  /** This buyer had downloaded from the same address before; null when the address is not known. */
  seenBefore: boolean | null;
  /** So they had, by another order. */
  seenInOtherOrder: boolean | null;
}

/** All deliveries to people of one line in one format, those too that are not listed one by one. */
export interface EvidenceDownloadTotal {
  lineNo: number;
  format: string;
  deliveries: number;
  /** Bytes that we streamed ourselves. */
  sentBytes: number;
  /** Deliveries that brought the whole file in one go. */
  whole: number;
  redirects: number;
  /** Distinct addresses. */
  addresses: number;
  firstAt: Date;
  lastAt: Date;
}

export interface EvidenceLink {
  lineNo: number;
  format: string;
  origin: string;
  createdAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}

export interface EvidenceClaim {
  at: Date;
  way: string;
  outcome: string;
}

/** What is listed, the oldest first, and how many there are; of too many the latest are listed. */
export interface Bounded<Item> {
  total: number;
  items: Item[];
}

export const evidenceDownloadsMax = 500;
export const evidenceLinksMax = 200;
export const evidenceClaimsMax = 100;

/** What is known of an order that answers a dispute, at one moment. */
export interface OrderEvidence {
  /** The job that fulfilled it, with its payment. */
  job: DossierJob & { payment: NonNullable<DossierJob['payment']> };
  /** Where mails go since staff has corrected the address; null when nobody has. */
  correctedEmail: string | null;
  mails: Bounded<DossierMail>;
  entitlements: DossierEntitlement[];
  money: DossierMoney;
  links: Bounded<EvidenceLink>;
  downloads: Bounded<EvidenceDownload>;
  totals: EvidenceDownloadTotal[];
  /** Of the shelf that the books are on now. */
  claims: Bounded<EvidenceClaim>;
}

/**
 * Reads the evidence of an order. Every statement is bounded. A database that cannot be reached is a transient `Fault`,
 * reason `database_unavailable`.
 */
export interface OrderEvidenceReader {
  /**
   * @param jobId any job of the order's payment
   * @returns undefined when there is no such job, `no_payment` when it is about no payment
   */
  read(jobId: string): Promise<OrderEvidence | 'no_payment' | undefined>;
}
