import { Fault } from '../domain/fault.ts';
import type { OutgoingMail } from '../ports/mailer.ts';

/** One plain address: no display name, no list, nothing that could end a command or a header or start another. */
const address = /^[\x21-\x7e]{1,64}@[\x21-\x7e]{1,253}$/;

/**
 * The envelope of a mail. Refuses addresses with control characters, spaces, angle brackets or letters outside ASCII,
 * so that nothing can be smuggled into a dialogue, a header or a list of recipients.
 *
 * @throws Fault `permanent` with reason `invalid_address`
 */
export function plainEnvelopeOf(
  { from, to }: Pick<OutgoingMail, 'from' | 'to'>,
  provider: string,
): { from: string; to: string } {
  for (const [part, text] of Object.entries({ sender: from, recipient: to })) {
    if (!address.test(text) || /[<>,;"\\]/.test(text)) {
      throw new Fault({
        kind: 'permanent',
        reason: 'invalid_address',
        message: `The ${part}’s address cannot be used to send mail.`,
        provider,
      });
    }
  }
  return { from, to };
}
