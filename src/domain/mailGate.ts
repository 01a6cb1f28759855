import type { HeldReason } from './heldReasons.ts';

/** What closes the gate that all mail goes through. */
export const gateClosers = ['brake', 'restore', 'shadow'] as const;
export type GateCloser = (typeof gateClosers)[number];

const reasons: Readonly<Record<GateCloser, HeldReason>> = {
  brake: 'mail_brake',
  restore: 'restore_mode',
  shadow: 'shadow_mode',
};

/** Why a mail waits that the closed gate has stopped. */
export const heldReasonOf = (why: GateCloser): HeldReason => reasons[why];

/** `shadow`: everything is decided and recorded, and neither mail nor analytics leave. */
export const modes = ['live', 'shadow'] as const;
export type Mode = (typeof modes)[number];

/** What is ordinary; when it is more than that within an hour, all mail is held. */
export interface MailBrake {
  /** Mails of all kinds; 0: as many as there are. */
  perHour: number;
  /** First mails about purchases that were paid more than `pastAfterMs` ago; 0: as many as there are. */
  pastPerHour: number;
  pastAfterMs: number;
}

/** Mails that were written within the last hour, or are about to be: all, and those about purchases long past. */
export interface MailsWritten {
  mails: number;
  past: number;
}

/** Whether so many mails are out of the ordinary. */
export const isBeyond = ({ perHour, pastPerHour }: MailBrake, { mails, past }: MailsWritten): boolean =>
  (perHour > 0 && mails > perHour) || (pastPerHour > 0 && past > pastPerHour);
