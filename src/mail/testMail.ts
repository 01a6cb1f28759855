import { composeMail } from './compose.ts';
import type { OutgoingMail } from '../ports/mailer.ts';

export interface TestMailParts {
  to: string;
  from: { name: string; address: string };
  /** 20 random bytes: providers that drop repeats make their key of what stands before the @. */
  nonce: Uint8Array;
  date: Date;
  /** Plain text, one sentence: what it is sent for. */
  why: string;
}

/** A mail that says that nothing was bought, of the same shape as those that buyers get. */
export async function composeTestMail({ to, from, nonce, date, why }: TestMailParts): Promise<OutgoingMail> {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const messageId = `<${Buffer.from(nonce).toString('hex')}@${domain}>`;
  const text = `This is a test of ${from.name}'s fulfillment. ${why} Nothing was bought, and there is nothing to do.`;
  const bytes = await composeMail({
    messageId,
    date,
    from,
    to,
    subject: 'Test of fulfillment mails',
    text,
    html: `<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`,
    attachments: [],
    language: 'en',
  });
  return { from: from.address, to, messageId, bytes };
}
