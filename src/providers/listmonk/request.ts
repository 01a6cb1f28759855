import { createHash } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { plainEnvelopeOf } from '../mailAddress.ts';
import { fitsHeaders, type MailPart, type MailParts, takeApart } from '../mailParts.ts';
import { listmonkSubjectTemplate, literally } from './template.ts';

export interface TxSettings {
  templateId: number;
  /** A messenger of Listmonk other than `email`, for example `email-receipts`. */
  messenger?: string | undefined;
  /** Gets a copy of every mail. */
  journalAddress?: string | undefined;
  /** Where mails come back to that cannot be delivered. */
  bounceAddress?: string | undefined;
}

/** What goes to `POST /api/tx`: the same bytes for the same mail and settings. */
export interface TxRequest {
  type: string;
  body: string | Uint8Array<ArrayBuffer>;
}

const plainMessageId = /^<[A-Za-z0-9.-]{1,200}@[A-Za-z0-9.-]{1,253}>$/;

/**
 * A mail as `POST /api/tx` takes it (listmonk.app/docs/apis/transactional): JSON, and with attachments a form whose
 * field `data` is that JSON. Pure. Listmonk makes a mail of its own of it; our Message-ID stays, since its SMTP
 * library makes one only where none is given (knadh/smtppool email.go, `msgHeaders`).
 *
 * @throws Fault `permanent`, reason `invalid_address` or `mail_malformed`
 */
export async function requestFor(mail: OutgoingMail, settings: TxSettings): Promise<TxRequest> {
  const { from, to } = plainEnvelopeOf(mail, 'listmonk');
  const parts = await takeApart(mail.bytes).catch(() => undefined);
  if (parts === undefined || !plainMessageId.test(mail.messageId) || !fitForHeaders(parts)) throw malformed();
  const json = JSON.stringify({
    // Buyers are no subscribers: the mail goes out whether Listmonk knows them, has blocked them or not.
    subscriber_mode: 'external',
    subscriber_emails: [to],
    template_id: settings.templateId,
    messenger: settings.messenger,
    from_email: mailboxOf(parts.fromName, from),
    subject: listmonkSubjectTemplate,
    content_type: 'html',
    altbody: literally(parts.text),
    headers: headersOf(mail.messageId, parts, settings),
    data: { subject: parts.subject, html: parts.html },
  });
  if (parts.attachments.length === 0) return { type: 'application/json', body: json };
  return formOf(json, parts.attachments, mail.messageId);
}

/**
 * Each header once: of several values Listmonk sends the first alone. `Bcc` becomes a recipient of the envelope, in the
 * same SMTP transaction as the buyer, and `Return-Path` its sender; neither stands in the mail
 * (internal/messenger/email/email.go, `Push`).
 */
function headersOf(messageId: string, { replyTo, language }: MailParts, settings: TxSettings) {
  const { journalAddress, bounceAddress } = settings;
  return [
    { 'Message-ID': messageId },
    { 'Auto-Submitted': 'auto-generated' },
    ...(replyTo === undefined ? [] : [{ 'Reply-To': replyTo }]),
    ...(language === undefined ? [] : [{ 'Content-Language': language }]),
    ...(journalAddress === undefined ? [] : [{ Bcc: journalAddress }]),
    ...(bounceAddress === undefined ? [] : [{ 'Return-Path': bounceAddress }]),
  ];
}

function fitForHeaders({ subject, fromName, replyTo, language }: MailParts): boolean {
  return [subject, fromName, replyTo ?? '', language ?? ''].every(fitsHeaders);
}

/** `"Name" <address>`: quoted always, so that no sign in the name has a meaning (RFC 5322 §3.2.4). */
function mailboxOf(name: string, address: string): string {
  return name === '' ? address : `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`;
}

/**
 * `multipart/form-data` (RFC 7578) by hand: the runtime's own has a random boundary, and a repeat would not be the same
 * bytes.
 */
function formOf(json: string, attachments: readonly MailPart[], messageId: string): TxRequest {
  const fields = [
    { head: 'Content-Disposition: form-data; name="data"', content: Buffer.from(json) },
    ...attachments.map(({ fileName, contentType, base64 }) => ({
      head:
        `Content-Disposition: form-data; name="file"; filename="${plainFileName(fileName)}"\r\n` +
        `Content-Type: ${plainMediaType(contentType)}`,
      content: Buffer.from(base64, 'base64'),
    })),
  ];
  const boundary = boundaryFor(
    messageId,
    fields.map(({ content }) => content),
  );
  const pieces = fields.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** Made of the Message-ID, longer where a content should hold it. */
function boundaryFor(messageId: string, contents: readonly Buffer[]): string {
  let boundary = `mail-${createHash('sha256').update(messageId).digest('hex').slice(0, 40)}`;
  while (contents.some((content) => content.includes(boundary))) boundary += 'x';
  return boundary;
}

/**
 * Listmonk writes the name into the mail's headers as it is, without quotes (internal/manager/manager.go,
 * `MakeAttachmentHeader`): a space would cut it and a semicolon begin a parameter. So letters, digits, dots and dashes.
 */
function plainFileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(-100);
  return plain === '' ? 'attachment' : plain;
}

const plainMediaType = (type: string): string =>
  /^[a-z0-9.+-]{1,100}\/[a-z0-9.+-]{1,100}$/i.test(type) ? type : 'application/octet-stream';

const malformed = () =>
  new Fault({
    kind: 'permanent',
    reason: 'mail_malformed',
    message: 'The mail is not one that can be taken apart and handed to Listmonk.',
    provider: 'listmonk',
  });
