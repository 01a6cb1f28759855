import type { HeldReason } from '../domain/heldReasons.ts';
import type { NoticeKind } from './settling.ts';
import type { NotMade } from './step.ts';
import type { Transaction } from './transaction.ts';

export type MailKind = 'receipt' | 'files_ready' | 'granted' | 'new_links' | 'address_changed' | NoticeKind;

/** A mail as it was rendered, with the links that stand in it. */
export interface RenderedMail {
  logicalKey: string;
  kind: MailKind;
  paymentId: string;
  messageId: string;
  from: string;
  to: string;
  bytes: Uint8Array;
  links: Array<{ linkId: string; entitlementId: string; format: string; expiresAt: Date }>;
}

export interface QueuedMail {
  messageId: string;
  from: string;
  to: string;
  bytes: Uint8Array;
}

export type MailStanding =
  | { state: 'absent' }
  | {
      state: 'queued';
      mail: QueuedMail;
      ambiguities: number;
      /** How long ago the latest attempt ended, or began, without an answer; null when it had one. */
      unansweredForMs: number | null;
      /** The gate has stopped it at some time; `released`: a person has let it go since. */
      hold: { reason: HeldReason; released: boolean } | null;
    }
  | { state: 'accepted'; acceptedAt: Date }
  /** The address was corrected before it was taken: it is not tried again. */
  | { state: 'superseded' }
  /** A person has it skipped: it was held, and is not to go out any more. */
  | { state: 'dropped' };

/** How a mail stands, and where mails of its payment go since somebody has corrected the address (null: nobody has). */
export interface MailKnown {
  standing: MailStanding;
  correctedEmail: string | null;
}

export interface MailIntent {
  logicalKey: string;
  /** Null when an earlier attempt has queued the mail. */
  rendered: RenderedMail | null;
  /** An earlier attempt ended without an answer, and nothing shows that it was taken: this one may be the second. */
  repeats: boolean;
  /** The first mail of a purchase that was paid long ago. */
  aboutPast: boolean;
  jobId: string;
  step: string;
  provider: string;
  leaseToken: bigint;
}

export interface MailResult {
  logicalKey: string;
  provider: string;
  outcome: 'accepted' | 'refused' | 'unknown';
  /** A refusal that no repeat would change. */
  final: boolean;
  /** The provider's reference, or the reason; never personal data. */
  detail: string;
}

/** The ledger of mails and attempts. A mail that is queued keeps its first bytes, whatever is rendered later. */
export interface MailLedger {
  look(logicalKey: string, paymentId: string): Promise<MailKnown>;
  /**
   * Writes mails, links, attempts and ambiguities before any socket opens. Returns logical keys of mails that are not
   * sent: those that are no longer owed, with the reason, and those that the gate holds, which are written all the same.
   *
   * @throws Fault transient, when a mail was rendered for an address that has been corrected meanwhile
   */
  intend(tx: Transaction, intents: MailIntent[]): Promise<Map<string, NotMade>>;
  /** Writes the outcomes of the latest attempts, and drops the bytes of what is proven. */
  record(tx: Transaction, results: MailResult[]): Promise<void>;
}
