import { Fault } from '../../domain/fault.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';

/** One plain address: no display name, no list, nothing that could end an SMTP command or start another. */
const address = /^[\x21-\x7e]{1,64}@[\x21-\x7e]{1,253}$/;

/**
 * The envelope of a mail. Refuses addresses with control characters, spaces, angle brackets or letters outside ASCII
 * (we do not speak SMTPUTF8), so that nothing can be smuggled into the dialogue.
 */
export function envelopeOf({ from, to }: Pick<OutgoingMail, 'from' | 'to'>): { from: string; to: string } {
  for (const [part, text] of Object.entries({ sender: from, recipient: to })) {
    if (!address.test(text) || /[<>,;"\\]/.test(text)) {
      throw new Fault({
        kind: 'permanent',
        reason: 'invalid_address',
        message: `The ${part}’s address cannot be used in an SMTP envelope.`,
        provider: 'smtp',
      });
    }
  }
  return { from, to };
}

/** The server's answer to the final dot, fit to be kept: one line, no addresses, not endless. */
export function referenceOf(response: string): string {
  return response
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\S+@\S+/g, '…')
    .trim()
    .slice(0, 200);
}
