import type { HeldReason } from '../domain/heldReasons.ts';
import type { NoticeKind } from './settling.ts';
import type { NotMade } from './step.ts';
import type { Transaction } from './transaction.ts';

export type MailKind =
  | 'receipt'
  | 'files_ready'
  | 'granted'
  | 'new_links'
  | 'new_version'
  | 'address_changed'
  | 'claim_invitation'
  | 'claim_reminder'
  | 'profiles_merged'
  | NoticeKind;

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

/** The latest attempt without an answer. That later ones were refused does not say what became of it. */
export interface UnansweredAttempt {
  provider: string;
  /** No attempt was made since. */
  latest: boolean;
  /** How many attempts had no answer. */
  unanswered: number;
  /** How long ago it ended, or began. */
  forMs: number;
  /** How long ago the mail was first announced to this provider. */
  sinceFirstMs: number;
}

export type MailStanding =
  | { state: 'absent' }
  | {
      state: 'queued';
      kind: MailKind;
      mail: QueuedMail;
      /** Null: every attempt had its answer. */
      unanswered: UnansweredAttempt | null;
      /** Providers that have certainly not taken it. */
      refusals: Array<{ provider: string; final: boolean }>;
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
  /** Providers that keep being refused at the domain it goes to. */
  passedOver: string[];
  /** Providers whose mails to this address about this payment have come back. */
  cameBack: string[];
}

/** Where a mail goes unless its address has been corrected; `always`: even then. */
export interface MailAddressee {
  to: string;
  always: boolean;
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
  /** A refusal that no repeat at this provider would change. */
  finalHere: boolean;
  /** A refusal that no repeat would change at all: the mail is given up. */
  final: boolean;
  /** Accepted in a way that the provider cannot forget any more. */
  proven: boolean;
  /** Refused because the recipient's side does not want mail from this provider: it counts at its domain. */
  byPolicy: boolean;
  /** The provider's reference, or the reason; never personal data. */
  detail: string;
}

/** The ledger of mails and attempts. A mail that is queued keeps its first bytes, whatever is rendered later. */
export interface MailLedger {
  look(logicalKey: string, paymentId: string, addressee: MailAddressee): Promise<MailKnown>;
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
