import type { DeliveryState } from '../domain/deliveryState.ts';
import type { WantedJob } from './jobControl.ts';
import type { Bounce, DeliveryEvidence, DeliveryKind } from './deliveryEvidence.ts';
import type { MailKind } from './mailLedger.ts';
import type { JsonObject } from './step.ts';

/** What became of evidence that was noted. */
export interface EvidenceNoted {
  /** What had not been heard before, by source and kind. */
  heard: Array<{ source: string; kind: DeliveryKind; count: number }>;
  /** Of all evidence that was looked at, how much has found its mail now. */
  matched: number;
  /** Jobs that go on because their mail was taken after all. */
  woken: number;
}

/** A database that cannot be reached, or is in somebody else's way, is a transient `Fault` in all of these. */
export interface EvidenceNotes {
  /**
   * Keeps evidence, each piece once, and draws its consequences for the mails that it is about, in one transaction. What
   * is about no mail that is known to have gone out waits for that.
   */
  note(evidence: readonly DeliveryEvidence[]): Promise<EvidenceNoted>;
}

/** How far a place is read where evidence is looked for. */
export interface SourceStanding {
  name: string;
  cursor: string | null;
  /** When it was last read with success. */
  polledAt: Date | null;
  /** Why it cannot be read, and since when; null: it can. */
  failure: string | null;
  failingSince: Date | null;
}

/** A mail that came back, with what is to be known before something is done about it. */
export interface BouncedMail {
  evidenceId: string;
  mailId: string;
  kind: MailKind;
  provider: string | null;
  bounce: Bounce;
  /** The recipient's address: for a look at its domain alone, it is told to nobody. */
  toAddress: string;
  payment: { id: string; orderId: string; paid: boolean; takenBack: boolean };
  /** The order's own job; where there is none, the job that sent the mail. */
  jobId: string | null;
  /** The order as that job has recorded it. */
  order: JsonObject | null;
  /** The address was corrected since, or a later mail has come through: nobody needs to do anything. */
  mended: boolean;
  /** Providers whose mails to this address about this payment have come back. */
  cameBack: string[];
  /** A mail with links was asked for and has not gone out. */
  onItsWay: boolean;
}

/** A receipt that does not get through, or a mail of which nobody can say whether it did. */
export interface FailingReceipt {
  orderId: string;
  kind: MailKind;
  inDoubt: boolean;
  jobId: string | null;
  /** Attempts that were refused, or had no answer. */
  failures: number;
  /** Of the last of them. */
  provider: string | null;
  reason: string | null;
}

export const mailRules = { bounced: 'mail_bounced', failing: 'receipt_mail_failing' } as const;
export type MailRule = (typeof mailRules)[keyof typeof mailRules];

/** What the process does that looks after evidence; one at a time does, by a lease. */
export interface EvidenceDesk extends EvidenceNotes {
  /** Takes or keeps the duty. False: somebody else is at it. */
  take(worker: string, leaseMs: number): Promise<boolean>;
  release(worker: string): Promise<void>;

  sources(): Promise<SourceStanding[]>;
  /** Evidence and cursor in one transaction. Undefined: somebody else has the duty by now, and nothing was kept. */
  notePage(
    worker: string,
    page: { source: string; cursor: string; evidence: readonly DeliveryEvidence[] },
  ): Promise<EvidenceNoted | undefined>;
  /** @returns how long it has not been read; undefined when somebody else has the duty by now */
  noteFailure(worker: string, failed: { source: string; reason: string }): Promise<number | undefined>;

  /** Finds the mails of what waited for them. */
  matchLate(): Promise<EvidenceNoted>;

  /** Mails that came back and that nothing was done about, the oldest first. */
  bounces(limit: number): Promise<BouncedMail[]>;
  /** These were acted on; mails that are asked for besides are in the same transaction. @returns new jobs */
  actedOn(evidenceIds: readonly string[], wanted: readonly WantedJob[]): Promise<number>;

  /** Receipts of a day that were refused at least so often, the last time lately, and were taken by nobody. */
  failingReceipts(refusalsMin: number): Promise<FailingReceipt[]>;
  /** Orders that open alerts of a rule are about, and that need nothing any more. */
  mended(rule: MailRule, refusalsMin: number): Promise<string[]>;
  /** Scopes of open alerts of a rule that has not held for so long. */
  quiet(rule: string, forMs: number): Promise<string[]>;

  /** How many mails were taken that long ago, and nothing proves it. Counted within `unprovenWindowMs`. */
  unproven(afterMs: number): Promise<UnprovenMails>;
  /** Removes some of what is no longer kept. @returns how much */
  prune(limit: number): Promise<number>;
}

export interface UnprovenMails {
  mails: number;
  /** When the oldest of them was taken. */
  oldestAt: Date | null;
}

/** After so long nothing proves a mail any more. */
export const unprovenWindowMs = 72 * 3_600_000;

/** What is known of mails that were handed over, for people. */
export interface DeliveryStanding {
  at: Date;
  /** Mails written within a day, by what is known of them; `none`: not taken by anybody yet. */
  lastDay: Array<{ delivery: DeliveryState | 'none'; mails: number }>;
  unproven: UnprovenMails;
  /** Evidence that waits for its mail. */
  parked: number;
  sources: Array<Omit<SourceStanding, 'cursor'>>;
}

export interface DeliveryWatch {
  /** @throws Fault transient, when the database cannot be reached */
  read(options: { unprovenAfterMs: number }): Promise<DeliveryStanding>;
}
