import type { DeliveryState } from '../domain/deliveryState.ts';
import type { WantedJob } from './jobControl.ts';
import type { Bounce, DeliveryEvidence, DeliveryKind } from './deliveryEvidence.ts';
import type { MailKind } from './mailLedger.ts';
import type { ExpectedReports, HeardStanding, ReportStanding } from './mailReports.ts';
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

/** What became of evidence that waited for its mail and was due. */
export interface LateMatches extends EvidenceNoted {
  /** There may be more that is due. */
  isFull: boolean;
  /** Why some of it could not be worked on; it is tried by itself, later each time. */
  failed: unknown[];
}

/** A database that cannot be reached, or is in somebody else's way, is a transient `Fault` in all of these. */
export interface EvidenceNotes {
  /**
   * Keeps evidence, each piece once, and draws its consequences for the mails that it is about, in one transaction. What
   * is about no mail that is known to have gone out waits for that; so does what cannot be worked on.
   */
  note(evidence: readonly DeliveryEvidence[]): Promise<EvidenceNoted>;
}

/** Where signed reports of providers are kept as they come in. Whoever looks after evidence works on them later. */
export interface ReportDoor {
  /**
   * Keeps what an authentic report says, each piece once, also when it says nothing of ours: committed when this
   * resolves. @returns what had not been heard before
   */
  accept(provider: string, evidence: readonly DeliveryEvidence[]): Promise<EvidenceNoted['heard']>;
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

/** A mail that the other side puts off, or that came back in a way that is not said to be the last. */
export interface DelayedMail {
  orderId: string;
  kind: MailKind;
  jobId: string | null;
  /** What was heard of it last, as far as it was said. */
  cause: string | null;
  status: string | null;
}

/** Evidence that has failed again and again. */
export interface StuckEvidence {
  pieces: number;
  /** Of the oldest five. */
  ids: string[];
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

export const mailRules = {
  bounced: 'mail_bounced',
  failing: 'receipt_mail_failing',
  delayed: 'mail_delayed',
} as const;
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

  /** Finds the mails of what waits for them and is due; of a flood a part. What fails keeps no other. */
  matchLate(): Promise<LateMatches>;
  /**
   * Failed jobs whose mail was taken after all go on: their step finds it accepted and sends nothing. @returns how many
   * @throws the first error, once all others have gone on
   */
  takeUpAgain(): Promise<number>;

  /** Mails that came back for good, that nothing was done about and that are due, the longest due first. */
  bounces(limit: number): Promise<BouncedMail[]>;
  /** These could not be acted on: they are due again later each time. */
  putOff(evidenceIds: readonly string[]): Promise<void>;
  /** Evidence that has failed at least so often in a row. */
  stuck(failuresMin: number): Promise<StuckEvidence>;
  /** These were acted on; mails that are asked for besides are in the same transaction. @returns new jobs */
  actedOn(evidenceIds: readonly string[], wanted: readonly WantedJob[]): Promise<number>;

  /** Receipts of a day that were refused at least so often, the last time lately, and were taken by nobody. */
  failingReceipts(refusalsMin: number): Promise<FailingReceipt[]>;
  /** Mails of two weeks that were first put off that long ago, and of which nothing better was heard since. */
  delayed(afterMs: number): Promise<DelayedMail[]>;
  /** Orders that open alerts of a rule are about, and that need nothing any more. */
  mended(rule: MailRule, refusalsMin: number): Promise<string[]>;
  /** Scopes of open alerts of a rule that has not held for so long. */
  quiet(rule: string, forMs: number): Promise<string[]>;

  /** How many mails were taken that long ago, and nothing proves it; those that people know of are left out. */
  unproven(afterMs: number): Promise<AwaitedMails>;
  /** The same of mails that their provider's answer proves, and that it should have reported of. */
  unheard(afterMs: number): Promise<AwaitedMails>;
  /** From now on it is watched whether these providers report. */
  expectReports(expected: readonly ExpectedReports[]): Promise<void>;
  /** When something was heard last, of those that report and of places that were not looked at for `staleMs`. */
  heard(options: { afterMs: number; sources: readonly string[]; staleMs: number }): Promise<HeardStanding[]>;
  /** Removes some of what is no longer kept. @returns how much, and how much evidence of it had waited in vain */
  prune(limit: number): Promise<{ removed: number; expired: number }>;
}

/** Mails of which something is still to be heard, however long ago they were taken; those that people know of are out. */
export interface AwaitedMails {
  /** Counted up to ten thousand. */
  mails: number;
  /** When the oldest of them was taken. */
  oldestAt: Date | null;
  /** The alert of it is open, and was acknowledged: what it told of is known. */
  acknowledged: boolean;
}

/** The rules of alerts about them. A person who acknowledges one knows of the mails that it tells of. */
export const awaitedRules = { unproven: 'mail_unproven', unheard: 'mail_unheard' } as const;

/** What is known of mails that were handed over, for people. */
export interface DeliveryStanding {
  at: Date;
  /** Mails written within a day, by what is known of them; `none`: not taken by anybody yet. */
  lastDay: Array<{ delivery: DeliveryState | 'none'; mails: number }>;
  unproven: Omit<AwaitedMails, 'acknowledged'>;
  unheard: Omit<AwaitedMails, 'acknowledged'>;
  /** Providers that report, or did. */
  reports: ReportStanding[];
  /** Evidence that waits for its mail. */
  parked: number;
  /** Evidence that has waited for a day in vain and was dropped, ever, and when the last of it was. */
  expired: number;
  lastExpiredAt: Date | null;
  sources: Array<Omit<SourceStanding, 'cursor'>>;
}

export interface DeliveryWatch {
  /** @throws Fault transient, when the database cannot be reached */
  read(options: { unprovenAfterMs: number }): Promise<DeliveryStanding>;
}
