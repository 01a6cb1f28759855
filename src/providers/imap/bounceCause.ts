import type { Bounce, BounceCause } from '../../ports/deliveryEvidence.ts';

/** What a delivery status notification says of a recipient that the mail did not reach (RFC 3464 §2.3). */
export interface FailedRecipient {
  /** The field `Status`, as it came. */
  status?: string | undefined;
  /** The field `Diagnostic-Code`, as it came: the words of the other side. */
  diagnosticCode?: string | undefined;
}

/**
 * What a failure means. It is final whatever the class of its code: `Action: failed` says that nobody tries any more
 * (RFC 3464 §2.3.3), and a code of class 4, as 4.4.7, that the sending server has tried until it gave up. Only codes are
 * read; the words around them may repeat an address. The other side's code says more than one that says "other" (Exim's
 * `Status` is 5.0.0 whatever happened).
 */
export function bounceOf({ status, diagnosticCode = '' }: FailedRecipient): Bounce {
  const own = /^\s*([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(status ?? '')?.[1];
  const told = /(?:^|[\s;#(-])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(diagnosticCode)?.[1];
  const code = own === undefined || /^[45]\.0\.0$/.test(own) ? (told ?? own) : own;
  if (code !== undefined) return { permanence: 'hard', cause: causeOf(code), status: code };
  const reply = /(?:^|[\s;])([45])\d\d(?=[\s-]|$)/.exec(diagnosticCode)?.[1];
  // Of a passing failure without a code of its own the class is kept: it says that there were retries.
  return { permanence: 'hard', cause: 'unknown', ...(reply === '4' && { status: '4.0.0' }) };
}

/**
 * By class, subject and detail of the enhanced status code (RFC 3463 §3; the registry of RFC 5248). The first row that
 * fits says the cause.
 */
const causes: ReadonlyArray<readonly [pattern: RegExp, cause: BounceCause]> = [
  [/^[45]\.2\.2$/, 'mailbox_full'],
  // Sender's address or its system: not the recipient's fault.
  [/^[45]\.1\.[78]$/, 'policy'],
  [/^[45]\.7\./, 'policy'],
  [/^[45]\.6\.|^[45]\.2\.3$|^[45]\.3\.4$/, 'content'],
  [/^5\.1\./, 'address'],
  // Disabled, not accepting messages.
  [/^5\.2\.1$/, 'address'],
  // Unable to route: Postfix says so of a domain that does not exist.
  [/^5\.4\.4$/, 'address'],
];

const causeOf = (code: string): BounceCause =>
  causes.find(([pattern]) => pattern.test(code))?.[1] ?? 'unknown';
