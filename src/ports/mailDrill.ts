import type { DrillOutcome } from '../domain/mailDrill.ts';
import type { Transaction } from './transaction.ts';

/** What became of the mail of one provider. Never an address. */
export interface DrillResult {
  /** Providers that were taken for out. */
  without: string[];
  /** Through which a mail goes then. */
  provider: string;
  outcome: DrillOutcome;
  /** Until the provider said yes; null when it did not. */
  seconds: number | null;
  /** What proves it: an answer that lasts, a look-up that has found the mail, or a report. Null unless it was accepted. */
  evidence: 'answer' | 'journal' | 'report' | null;
  /** Why not, or what is missing; null when it was accepted. */
  fault: { reason: string; message: string; remedy: string } | null;
}

/** The drill of an outage: real mails to a test address, one through each provider. */
export interface MailDrill {
  /** No run takes longer: one that was begun earlier and is not over was cut off. */
  readonly lastsMaxMs: number;
  /** One result for each provider, in their order. Faults are results. @param given.paused are not called */
  run(given: { to: string; paused: readonly string[] }): Promise<DrillResult[]>;
}

/** What reports, mailboxes and lists have told of a mail that no ledger knows. */
export interface DrillHearing {
  /** @param messageId with angle brackets */
  heardOf(messageId: string): Promise<'taken' | 'came_back' | undefined>;
}

export interface PastDrill {
  id: string;
  at: Date;
  by: string;
  /** How long ago it was begun, by the database's clock. */
  agoMs: number;
  /** Null: it was begun, and nothing says that it came to an end. */
  results: DrillResult[] | null;
}

/** What drills have come to, for people and for the check of the configuration. */
export interface DrillBook extends DrillHearing {
  /** Before the first mail of it leaves. */
  begin(tx: Transaction, by: string): Promise<{ id: string; at: Date }>;
  finish(tx: Transaction, id: string, outcome: { passed: boolean; results: DrillResult[] }): Promise<void>;
  /** The latest first. */
  list(limit: number): Promise<PastDrill[]>;
}
