export const smtpFaultModes = [
  'none',
  'refuse_connection',
  '421',
  '450',
  '550',
  'drop_after_data_accepted',
  'drop_after_data_lost',
  'hang',
] as const;

export type SmtpFaultMode = (typeof smtpFaultModes)[number];

/** What the server does wrong: for how many mails (default: until changed) and for which recipient (default: all). */
export type SmtpFault = {
  mode: SmtpFaultMode;
  remaining?: number | undefined;
  recipient?: string | undefined;
};

export type SmtpFaults = {
  current(): SmtpFault;
  set(fault: SmtpFault): void;
  /** The fault for these recipients, if it is one of these modes. Taking it uses up one of `remaining`. */
  take(modes: readonly SmtpFaultMode[], recipients: readonly string[]): SmtpFaultMode | null;
};

export function createSmtpFaults(): SmtpFaults {
  let fault: SmtpFault = { mode: 'none' };
  return {
    current: () => fault,
    set: (next) => {
      fault = next.remaining === 0 ? { mode: 'none' } : next;
    },
    take: (modes, recipients) => {
      const { mode, remaining, recipient } = fault;
      if (!modes.includes(mode)) return null;
      if (recipient && !recipients.some((one) => one.toLowerCase() === recipient.toLowerCase())) return null;
      if (remaining !== undefined)
        fault = remaining > 1 ? { ...fault, remaining: remaining - 1 } : { mode: 'none' };
      return mode;
    },
  };
}
