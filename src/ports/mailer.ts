/** One mail as it goes over the wire: the same bytes on every attempt. */
export interface OutgoingMail {
  from: string;
  to: string;
  /** With angle brackets, as it stands in the header. */
  messageId: string;
  bytes: Uint8Array;
}

/** The provider's word that it has taken the mail. */
export interface Acceptance {
  provider: string;
  /** The provider's own id or its answer to the final dot; no personal data. */
  reference: string;
  /** How we know: the provider's answer, or a look-up after the answer was lost. */
  evidence: 'answer' | 'journal';
}

/** What can be known of a mail whose answer was lost, and what an answer is worth. */
export interface MailerCapabilities {
  /**
   * The provider drops repeats itself, by a key that we give. `windowMs`: for how long after the first attempt this may
   * be relied on, margin included. `repeatAfterMs`: how long to wait before a repeat, where the provider drops only what
   * comes after the first has been worked off.
   */
  dedupe: { windowMs: number; repeatAfterMs: number } | null;
  /** Whether the provider can be asked "did you take this one?", and by what. */
  lookup: 'message_id' | 'none';
  /** After how long a look-up that finds nothing may be believed, in milliseconds. */
  lookupLagMs: number;
  /** False when a positive answer may still be lost in the provider's memory. */
  acceptanceDurable: boolean;
  /**
   * What it tells of a mail later (`ports/deliveryEvidence.ts`). `all`: also that it was taken or delivered, so that
   * hearing nothing means something. `failures`: only what came back.
   */
  deliveryEvents: 'all' | 'failures' | 'none';
}

/**
 * Sending. Faults: `permanent`, `transient`, `rate_limited` and `needs_human` only when the mail has certainly not been
 * taken, `unknown_effect` when it may have been.
 */
export interface Mailer {
  /** How the provider is called in evidence, limits and breakers. */
  readonly name: string;
  readonly capabilities: MailerCapabilities;
  /** Repeats of a mail carry the same Message-ID and the same bytes; a key against doubles is made of the former. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance>;
  /** Looks for a mail taken earlier, by Message-ID. Absent when the provider cannot be asked. */
  find?(messageId: string, signal: AbortSignal): Promise<Acceptance | undefined>;
}

/** A mailer with connections of its own, that can be checked without sending. */
export interface MailerConnection extends Mailer {
  /** Reaches the provider and has our login accepted; sends nothing. */
  verify(signal: AbortSignal): Promise<void>;
  /** Closes idle connections at once, busy ones when their mail is out. */
  close(): void;
}
