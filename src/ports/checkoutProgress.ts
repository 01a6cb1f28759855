import type { Format } from '../domain/effectKey.ts';
import type { EntitlementState } from '../domain/entitlement.ts';
import type { JobState } from '../domain/job.ts';

export interface BookInProgress {
  lineNo: number;
  title: string;
  /** Null until the book is granted. */
  state: EntitlementState | null;
  formats: Array<{ format: Format; ready: boolean }>;
}

/** How far a purchase has come, as its buyer may know it. */
export interface CheckoutProgress {
  paymentId: string;
  paid: boolean;
  /** When it was paid; until that is known, when it was heard of. */
  paidAt: Date;
  takenBack: boolean;
  /** The order's own job. */
  job: { id: string; kind: string; state: JobState } | null;
  /** The order is known: its books and its address. */
  resolved: boolean;
  /** Where the mail goes; null until that is known. */
  email: string | null;
  /** Somebody has corrected the address. */
  corrected: boolean;
  /** A mail with receipt or links was taken by the provider for that address. */
  mailAccepted: boolean;
  /** A book of it was downloaded. */
  downloaded: boolean;
  books: BookInProgress[];
}

/** Every failure to reach the database is a transient `Fault`. */
export interface CheckoutProgressStore {
  ofSession(sessionId: string): Promise<CheckoutProgress | undefined>;
  /** One statement for all of them. Those that do not exist are left out. */
  ofPayments(paymentIds: readonly string[]): Promise<CheckoutProgress[]>;
}

/** A slip in the address, as its buyer is shown it. */
export interface TypoToCorrect {
  jobId: string;
  /** The address that the suggestion was made for. */
  typed: string;
  /** What the server itself has suggested. */
  suggested: string;
}

export type TypoCorrection =
  | { kind: 'corrected'; repeated: boolean }
  /** It makes no sense any more; `code` says why. */
  | { kind: 'refused'; code: string };

/** Corrects an address for the page after the checkout: once for each order, and audited. @throws Fault transient */
export type CorrectTypo = (typo: TypoToCorrect) => Promise<TypoCorrection>;
