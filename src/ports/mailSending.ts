import type { Format } from '../domain/effectKey.ts';
import type { Fault } from '../domain/fault.ts';
import type { Order } from '../domain/order.ts';
import type { MailKind, MailStanding, QueuedMail, RenderedMail } from './mailLedger.ts';
import type { ReceiptJson } from './orders.ts';
import type { JsonObject } from './step.ts';
import type { Transaction } from './transaction.ts';

export interface MailRequest {
  logicalKey: string;
  kind: MailKind;
  paymentId: string;
  order: Order;
  receipt: ReceiptJson;
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
}

/** The protocol of sending (DESIGN law 4): intent before the socket, three kinds of outcome, unknown is asked about. */
export interface MailSending {
  standing(logicalKey: string): Promise<MailStanding>;
  /** Returns, by logical key, why a mail is no longer owed. */
  intend(tx: Transaction, rows: Array<{ prepared: PreparedMail; leaseToken: bigint }>): Promise<Map<string, string>>;
  /** Asks whether an earlier attempt was taken. Undefined: not as far as can be known, so it may be sent. */
  find(prepared: PreparedMail, job: { jobId: string }, signal: AbortSignal): Promise<JsonObject | undefined>;
  send(prepared: PreparedMail, signal: AbortSignal): Promise<JsonObject>;
  recordAccepted(tx: Transaction, rows: Array<{ logicalKey: string; evidence: JsonObject }>): Promise<void>;
  recordFaults(tx: Transaction, rows: Array<{ logicalKey: string; fault: Fault }>): Promise<void>;
}
