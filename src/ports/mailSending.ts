import type { Format } from '../domain/effectKey.ts';
import type { Fault } from '../domain/fault.ts';
import type { HeldReason } from '../domain/heldReasons.ts';
import type { Order } from '../domain/order.ts';
import type {
  MailAddressee,
  MailKind,
  MailKnown,
  QueuedMail,
  RenderedMail,
  UnansweredAttempt,
} from './mailLedger.ts';
import type { ReceiptJson } from './orders.ts';
import type { NoticeToTell } from './settling.ts';
import type { JsonObject, NotMade, RoutedEffect, Through } from './step.ts';
import type { Transaction } from './transaction.ts';

/** What a mail about claiming tells beside the purchase. */
export type ClaimToTell =
  | { kind: 'invitation'; codeId: string; expiresAt: Date }
  /** `inviteUrl`: where the identity provider lets the buyer set a password; null: the shop's own page. */
  | { kind: 'reminder'; reminder: 'first' | 'last'; profileId: string; inviteUrl: string | null };

export interface MailRequest {
  logicalKey: string;
  kind: MailKind;
  paymentId: string;
  /** With the buyer's address as it is now. */
  order: Order;
  to: string;
  /** Of mails that carry it; null for all others. */
  receipt: ReceiptJson | null;
  /** Of mails that tell of a change of the payment. Their order has all its lines, also those that are taken. */
  notice?: NoticeToTell;
  /** Of mails about claiming. Their order has the lines that are owned. */
  claim?: ClaimToTell;
  entitlements: Array<{ entitlementId: string; lineNo: number; formats: Format[]; filesReady: boolean }>;
}

/** Rendering: once per logical mail, then the same bytes for ever. */
export interface MailRenderer {
  render(request: MailRequest): Promise<RenderedMail>;
}

/** What a mail step carries from its preparation to its end. */
export interface PreparedMail {
  logicalKey: string;
  mail: QueuedMail;
  /** Null when the mail was already queued by an earlier attempt. */
  rendered: RenderedMail | null;
  /** This attempt follows one that ended without an answer; recorded as an ambiguity. */
  repeats: boolean;
  /** How long ago the purchase was paid that this is the first mail of; null: it is none, or was asked for by hand. */
  paidAgoMs: number | null;
  /** What other providers have said to it; null: one of them may have it, so none is turned to. */
  others: { refused: readonly string[]; refusedForGood: readonly string[] } | null;
}

export interface UnansweredMail {
  kind: MailKind;
  messageId: string;
  attempt: UnansweredAttempt;
}

export type Settled =
  | { kind: 'taken'; evidence: JsonObject }
  /** To be sent again. `repeats`: it may be the second, for nothing shows that the first was not taken. */
  | { kind: 'again'; repeats: boolean };

/** The protocol of sending (law 4 of the engine): intent before the socket, three kinds of outcome, unknown is asked about. */
export interface MailSending {
  /** The providers in the order of preference. */
  readonly providers: readonly [string, ...string[]];
  look(logicalKey: string, paymentId: string, addressee: MailAddressee): Promise<MailKnown>;
  /**
   * Through which providers a mail goes; undefined: through any, in their order. What one of them may have goes through
   * the same or not at all.
   */
  route(known: MailKnown, effect: RoutedEffect): Through | undefined;
  /** Why all mail is held just now; null: it goes out. */
  heldBy(): Promise<HeldReason | null>;
  /** Evidence that a mail went out which this database knows nothing of; undefined where none is found. */
  findEarlier(messageId: string, signal: AbortSignal): Promise<JsonObject | undefined>;
  /**
   * Settles an attempt that ended without an answer, as far as its provider can be asked or drops repeats itself.
   * Throws a `Fault` when it is too early to say, or when a human must decide.
   */
  settleUnanswered(unanswered: UnansweredMail, signal: AbortSignal): Promise<Settled>;
  /** Returns, by logical key, why a mail is not sent. */
  intend(
    tx: Transaction,
    rows: Array<{
      prepared: PreparedMail;
      provider: string;
      leaseToken: bigint;
      jobId: string;
      step: string;
    }>,
  ): Promise<Map<string, NotMade>>;
  send(
    prepared: PreparedMail,
    through: { jobId: string; provider: string },
    signal: AbortSignal,
  ): Promise<JsonObject>;
  recordAccepted(tx: Transaction, rows: Array<{ logicalKey: string; evidence: JsonObject }>): Promise<void>;
  recordFaults(
    tx: Transaction,
    rows: Array<{ logicalKey: string; provider: string; fault: Fault }>,
  ): Promise<void>;
}
