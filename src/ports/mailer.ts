/** One mail as it goes over the wire: the same bytes on every attempt. */
export interface OutgoingMail {
  from: string;
  to: string;
  /** With angle brackets, as it stands in the header. */
  messageId: string;
  bytes: Uint8Array;
}

/** The provider's durable word that it has taken the mail. */
export interface Acceptance {
  provider: string;
  /** The provider's own id or its answer to the final dot; no personal data. */
  reference: string;
  /** How we know: the provider's answer, or a look-up after the answer was lost. */
  evidence: 'answer' | 'journal';
}

export interface MailerCapabilities {
  /** Whether the provider can be asked "did you take this one?", and by what. */
  lookup: 'message_id' | 'none';
  /** After how long a look-up that finds nothing may be believed, in milliseconds. */
  lookupLagMs: number;
  /** False when a positive answer may still be lost in the provider's memory. */
  acceptanceDurable: boolean;
}

/**
 * Sending. Faults: `permanent` and `transient` only when the mail has certainly not been taken,
 * `unknown_effect` when it may have been.
 */
export interface Mailer {
  readonly name: string;
  readonly capabilities: MailerCapabilities;
  send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance>;
  /** Looks for a mail taken earlier, by Message-ID. Absent when the provider cannot be asked. */
  find?(messageId: string, signal: AbortSignal): Promise<Acceptance | undefined>;
}
