import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { OutgoingMail } from '../../src/ports/mailer.ts';

/** A mail with all that a receipt has. The same fields give the same bytes. */
export async function aWholeMail({
  to = 'jan@example.pl',
  subject = 'Your receipt',
} = {}): Promise<OutgoingMail> {
  const from = 'receipts@shop.example';
  const messageId = '<0123456789abcdef0123456789abcdef01234567@shop.example>';
  const composer = new MailComposer({
    messageId,
    date: 'Sun, 22 Nov 2026 10:00:00 +0000',
    from: { name: 'Lektura', address: from },
    to,
    replyTo: 'help@shop.example',
    subject,
    text: 'Thank you',
    html: '<p>Thank you</p>',
    attachments: [{ filename: 'receipt.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF') }],
    headers: { 'Content-Language': 'en' },
    baseBoundary: 'whole',
    newline: 'win',
  });
  return { from, to, messageId, bytes: await composer.compile().build() };
}
