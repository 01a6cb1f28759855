/** What a provider, a mailbox or a bounce tells of a mail that was handed over. */
export const deliveryKinds = ['accepted', 'delayed', 'delivered', 'bounced', 'complained'] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

/**
 * Why a mail came back. `address`: there is no such mailbox. `policy`: the other side does not want mail from this
 * sender, so another provider may be let in.
 */
export const bounceCauses = ['address', 'mailbox_full', 'policy', 'content', 'unknown'] as const;
export type BounceCause = (typeof bounceCauses)[number];

export interface Bounce {
  /**
   * `hard`: it has not arrived and nobody tries any more, whatever the class of its code. `soft`: this time it has not,
   * and it is not said that this was the last time; it counts as delayed.
   */
  permanence: 'hard' | 'soft';
  cause: BounceCause;
  /** Enhanced status code (RFC 3463), for example `5.1.1`; never a text, which may repeat an address. */
  status?: string;
}

/** One piece of evidence. It names the mail by its Message-ID, by the provider's own reference, or by both. */
export interface DeliveryEvidence {
  /** The mailer whose mail it is about; null where the source cannot tell, as in a mailbox of bounces. */
  provider: string | null;
  /** Where it was heard: unique together with `eventId`, so that a repeat says nothing new. */
  source: string;
  /** At most 200 characters. */
  eventId: string;
  kind: DeliveryKind;
  /** With angle brackets. */
  messageId?: string;
  /** What the provider called the mail when it took it. */
  reference?: string;
  at: Date;
  /** Of `bounced` alone. */
  bounce?: Bounce;
}

/** A delivery report that came in over HTTP, as it was received. */
export interface DeliveryReport {
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Uint8Array;
  receivedAt: Date;
}

export type DeliveryReading =
  /** Nothing that concerns us may be an empty list: the report is taken and says nothing. */
  | { kind: 'evidence'; evidence: DeliveryEvidence[] }
  /** Not signed by the provider, or too old: it is refused and kept nowhere. */
  | { kind: 'refused'; reason: string }
  /** Signed, and not of a shape we know: refused as well, and told. */
  | { kind: 'unreadable'; reason: string };

/** Reads the signed reports of one provider. Pure: keys and clock come with it. */
export interface DeliveryReportReader {
  readonly provider: string;
  read(report: DeliveryReport): DeliveryReading;
}

/** A place that is looked at from time to time: a mailbox of bounces, a journal, a provider's list of bounces. */
export interface DeliverySource {
  /** Unique; its cursor is kept under this name. */
  readonly name: string;
  /**
   * What is new since the cursor, a page at most. What was told before may be told again. @param cursor null at first
   * @throws Fault
   */
  poll(cursor: string | null, signal: AbortSignal): Promise<DeliveryPage>;
}

export interface DeliveryPage {
  evidence: DeliveryEvidence[];
  /** Where the next page begins. As long as it moves there may be more, also where this page had nothing of ours. */
  cursor: string;
  /** Set by a place whose cursor moves though all has been read for now. */
  atEnd?: boolean;
}
