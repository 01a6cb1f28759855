import type { EntitlementState } from '../domain/entitlement.ts';
import type { JobState } from '../domain/job.ts';
import type { Language } from '../domain/order.ts';
import type { MailKind } from './mailLedger.ts';
import type { Transaction } from './transaction.ts';

/** A job that exists because somebody of staff asked for a mail. */
export interface AskedMail {
  jobId: string;
  /** The name of its plan. */
  kind: string;
  subjectKey: string;
  state: JobState;
}

/** A mail of an order, as far as it has come. */
export interface MailOfOrder {
  logicalKey: string;
  kind: MailKind;
  to: string;
  state: 'queued' | 'unknown' | 'accepted' | 'refused' | 'superseded' | 'dropped';
  /** Written before the address was corrected: it is not sent any more, and its links have ended. */
  outdated: boolean;
  /** An attempt to send it has no answer: it may have gone out, or may just be doing so. */
  unanswered: boolean;
}

/** A line of an order and who owns it. Locked until the transaction ends. */
export interface OwnedLine {
  entitlementId: string;
  lineNo: number;
  state: EntitlementState;
  /** A copy in every format that was sold is stored. */
  filesReady: boolean;
  /** Its profile was claimed by somebody. */
  claimed: boolean;
}

export interface NewOwner {
  canonicalEmail: string;
  email: string;
  name: string | null;
  language: Language;
}

export interface StateMove {
  entitlementId: string;
  state: EntitlementState;
}

/**
 * What staff decides about the mails, links and rights of one order. Every call joins a transaction in which the payment
 * is locked (`JobControl.lock`); facts that are written raise its facts_version.
 */
export interface BuyerControl {
  hasReceipt(tx: Transaction, paymentId: string): Promise<boolean>;
  mailsOf(tx: Transaction, paymentId: string): Promise<MailOfOrder[]>;
  askedMails(tx: Transaction, paymentId: string): Promise<AskedMail[]>;
  /**
   * Of the jobs that `askedMails` tells of, those that are in nobody's hands; nobody takes them up until the transaction
   * ends.
   */
  idleAskedMails(tx: Transaction, paymentId: string): Promise<string[]>;
  /** Lines whose book is owned and has files, and to which no mail that was taken has a link that may work. */
  unlinkedLines(tx: Transaction, paymentId: string): Promise<number[]>;

  correctedEmail(tx: Transaction, paymentId: string): Promise<string | null>;
  correctEmail(tx: Transaction, paymentId: string, email: string): Promise<void>;

  revokedLines(tx: Transaction, paymentId: string): Promise<number[]>;
  setRevokedLines(tx: Transaction, paymentId: string, lines: number[]): Promise<void>;

  ownedLines(tx: Transaction, paymentId: string): Promise<OwnedLine[]>;
  /** Finds or makes the profile of an address. */
  ensureOwner(tx: Transaction, owner: NewOwner): Promise<{ profileId: string; claimed: boolean }>;
  /** Writes states, and the new owner if there is one. `reason` stands in the history. */
  moveEntitlements(
    tx: Transaction,
    moves: StateMove[],
    by: { reason: string; toProfile?: string },
  ): Promise<void>;

  /** Ends links for good; returns how many had not ended yet. `mail`: those in mails alone. */
  endLinks(tx: Transaction, paymentId: string, which: 'mail' | 'all'): Promise<number>;
  /** Counts the downloads of all links anew; returns how many links there are. */
  resetDownloads(tx: Transaction, paymentId: string): Promise<number>;
  /** Lets the links in mails that have not been ended work so long from now, unless they work longer anyway. */
  extendLinks(tx: Transaction, paymentId: string, days: number): Promise<{ links: number; until: Date }>;
}
