import type { OutgoingMail } from '../../ports/mailer.ts';
import { plainEnvelopeOf } from '../mailAddress.ts';

export interface EnvelopeOptions {
  /** How the provider is called in faults. */
  name: string;
  /** Where mails come back to that cannot be delivered; the sender of the mail when absent. */
  returnPath?: string | undefined;
}

/**
 * The envelope of a mail: one recipient, and the sender that bounces go to. Letters outside ASCII are refused, since we
 * do not speak SMTPUTF8.
 *
 * @throws Fault `permanent` with reason `invalid_address`
 */
export function envelopeOf(
  mail: Pick<OutgoingMail, 'from' | 'to'>,
  { name, returnPath }: EnvelopeOptions,
): { from: string; to: string } {
  const { from, to } = plainEnvelopeOf(mail, name);
  return { from: returnPath ?? from, to };
}

/** @throws TypeError when it is no plain address */
export function checkReturnPath(returnPath: string | undefined): void {
  if (returnPath === undefined) return;
  try {
    plainEnvelopeOf({ from: returnPath, to: returnPath }, 'smtp');
  } catch {
    throw new TypeError('`returnPath` must be one plain address.');
  }
}

/** The server's answer to the final dot, fit to be kept: one line, no addresses, not endless. */
export function referenceOf(response: string): string {
  return response
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\S+@\S+/g, '…')
    .trim()
    .slice(0, 200);
}
