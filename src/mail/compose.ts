import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { Fault } from '../domain/fault.ts';
import type { Language } from '../domain/order.ts';

export interface MailAttachment {
  fileName: string;
  contentType: string;
  bytes: Uint8Array;
}

export interface MailToCompose {
  /** With angle brackets; see messageId.ts. */
  messageId: string;
  date: Date;
  from: { name: string; address: string };
  to: string;
  replyTo?: string;
  subject: string;
  html: string;
  text: string;
  attachments: readonly MailAttachment[];
  language: Language;
}

/**
 * A mail as it goes over the wire (RFC 5322, MIME, CRLF). The same input gives the same bytes, so that a repeat after
 * an unknown outcome is the same mail. There is one recipient, in `To`.
 *
 * @throws Fault `permanent` with reason `mail_malformed` when a header value could break out of its header or would
 *   not arrive as it was given
 */
export async function composeMail(mail: MailToCompose): Promise<Uint8Array> {
  refuseMalformed(mail);
  const composer = new MailComposer({
    messageId: mail.messageId,
    date: mail.date.toUTCString().replace('GMT', '+0000'),
    from: mail.from,
    to: { name: '', address: mail.to },
    replyTo: mail.replyTo ? { name: '', address: mail.replyTo } : undefined,
    subject: mail.subject,
    text: withCrlf(mail.text),
    html: withCrlf(mail.html),
    attachments: mail.attachments.map(({ fileName, contentType, bytes }) => ({
      filename: fileName,
      contentType,
      contentDisposition: 'attachment',
      content: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    })),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': mail.language },
    encoding: 'quoted-printable',
    baseBoundary: createHash('sha256').update(mail.messageId).digest('hex').slice(0, 32),
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** MIME knows one line break (RFC 2046 §4.1.1); a lone CR or LF would not pass every mail server. */
const withCrlf = (body: string) => body.replace(/\r\n?|\n/g, '\r\n');

/**
 * Control characters, line separators, halves of surrogate pairs, what turns the direction of writing of the rest (a
 * file name could end in another way than it seems to), and what readers would decode (RFC 2047).
 */
const unfitForHeaders = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u202A-\u202E\u2066-\u2069]|=\?/u;
const headerMaxUnits = 500;

/** One plain address: no lists, no display names, no routes, no comments, and nothing that readers would decode. */
const plainAddress = /^(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/;
const mediaType = /^[a-z0-9.+-]{1,100}\/[a-z0-9.+-]{1,100}$/i;
const plainMessageId = /^<[A-Za-z0-9.-]{1,200}@[A-Za-z0-9.-]{1,253}>$/;

function refuseMalformed(mail: MailToCompose): void {
  const printable = (value: string) =>
    value.length <= headerMaxUnits && !unfitForHeaders.test(value) && value === value.trim();
  const attached = mail.attachments;
  const sound: Record<string, boolean> = {
    Subject: printable(mail.subject),
    From: printable(mail.from.name) && plainAddress.test(mail.from.address),
    To: plainAddress.test(mail.to),
    'Reply-To': mail.replyTo === undefined || plainAddress.test(mail.replyTo),
    'Message-ID': plainMessageId.test(mail.messageId),
    Date: !Number.isNaN(mail.date.getTime()),
    'file name': attached.every(({ fileName }) => fileName !== '' && printable(fileName)),
    'Content-Type': attached.every(({ contentType }) => mediaType.test(contentType)),
    body: !/\p{Surrogate}/u.test(mail.text + mail.html),
  };
  const broken = Object.keys(sound).find((part) => !sound[part]);
  if (!broken) return;
  throw new Fault({
    kind: 'permanent',
    reason: 'mail_malformed',
    // The value itself may be a buyer's and stays out of the message.
    message: `The mail was not composed: its ${broken} would not arrive as it was given.`,
  });
}
