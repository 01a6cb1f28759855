import { expect } from 'vitest';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { OutgoingMail } from '../../src/ports/mailer.ts';
import { takeApart } from '../../src/providers/mailParts.ts';

/** What a provider has of a mail that it put together itself. */
export interface TakenParts {
  /** Where the harness can tell. */
  fromName?: string;
  subject: string;
  html: string;
  text: string;
  attachments: Array<{ fileName: string; base64: string }>;
}

/** A mail as the provider really took it. */
export interface TakenMail {
  from: string;
  to: string;
  /** Where it carries bytes: the whole mail. */
  source?: string;
  /** Where it carries parts. */
  parts?: TakenParts;
  /** The key against doubles that came with it. */
  key?: string;
}

export const contractMessageId = '<0123456789abcdef0123456789abcdef01234567@shop.example>';
export const otherMessageId = '<76543210fedcba9876543210fedcba9876543210@shop.example>';

const from = 'receipts@shop.example';

export interface ContractMailContent {
  messageId?: string;
  to?: string;
  subject?: string;
  fromName?: string;
  text?: string;
  html?: string;
}

/** A whole mail, composed as ours are. The same fields give the same bytes. */
export async function contractMail(content: ContractMailContent = {}): Promise<OutgoingMail> {
  const { messageId = contractMessageId, to = 'jan@example.pl', fromName = 'Księgarnia Ważka' } = content;
  const composer = new MailComposer({
    messageId,
    date: 'Sun, 22 Nov 2026 10:00:00 +0000',
    from: { name: fromName, address: from },
    to,
    replyTo: 'help@shop.example',
    subject: content.subject ?? 'Twoje zamówienie 📚',
    text: content.text ?? 'Dziękujemy!\r\n.dots\r\nand lines\r\n',
    html: content.html ?? '<p>Dziękujemy &amp; <b>do zobaczenia</b></p>',
    attachments: [
      { filename: 'rachunek.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.7\n%âãÏÓ\n') },
    ],
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'pl' },
    encoding: 'quoted-printable',
    baseBoundary: 'contract',
    newline: 'win',
  });
  return { from, to, messageId, bytes: await composer.compile().build() };
}

/** Text that means something to a template, a shell, a format, a page or a reader from right to left. */
const meaningful = [
  '<b onload="x()">שלום</b> & "q"',
  '{{ .Subscriber.Email }} {{#if x}}',
  '{% raw %} <%= 1 %>',
  '${7*7} %s %n $(id) `id`',
].join(' ');

/** A mail full of what others could take for orders. */
export const hostileMail = (): Promise<OutgoingMail> =>
  contractMail({
    subject: meaningful,
    fromName: 'O’Neil & {{x}} %s',
    text: `${meaningful}\r\n.\r\n{{ template "x" }}\r\n`,
    html: `<p>{{ .Tx.Data.x }} {{constructor}} %s</p><p>&lt;script&gt;</p>`,
  });

/** The provider took these mails, literally, and no others. */
export async function expectTaken(
  taken: readonly TakenMail[],
  carries: 'bytes' | 'parts',
  mails: readonly OutgoingMail[],
): Promise<void> {
  // A provider may break the lines of HTML elsewhere: no reader sees it.
  const asRead = (html: string) => html.replace(/\s+/g, ' ').trim();
  const asSent = mails.map(async ({ from: sender, to, bytes }) => {
    if (carries === 'bytes') return { from: sender, to, source: Buffer.from(bytes).toString() };
    const { fromName, subject, html, text, attachments } = await takeApart(bytes);
    const files = attachments.map(({ fileName, base64 }) => ({ fileName, base64 }));
    return { from: sender, to, parts: { fromName, subject, html: asRead(html), text, attachments: files } };
  });
  const wanted = await Promise.all(asSent);
  const asTaken = taken.map(({ key: _key, parts, ...mail }, at) => {
    if (carries === 'bytes' || !parts) return mail;
    const { fromName = wanted[at]?.parts?.fromName } = parts;
    return { ...mail, parts: { ...parts, fromName, html: asRead(parts.html) } };
  });
  expect(asTaken).toEqual(wanted);
}
