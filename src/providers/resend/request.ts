import { Fault } from '../../domain/fault.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { plainEnvelopeOf } from '../mailAddress.ts';
import { fitsHeaders, type MailParts, takeApart } from '../mailParts.ts';

export interface ResendRequest {
  /** At most 256 characters; Resend remembers it for 24 hours. */
  idempotencyKey: string;
  /** JSON; the same text for the same mail, since Resend compares it. */
  body: string;
}

/** The tag by which a webhook is matched with its mail, where the answer with Resend's own id was lost. */
export const mailTag = 'mail';

/** Tags may hold letters, digits, underscores and dashes, up to 256 of them. */
const plainLocalPart = /^<([A-Za-z0-9_-]{1,256})@[^<>@\s]{1,253}>$/;

/**
 * A mail as `POST /emails` takes it (resend.com/docs/api-reference/emails/send-email). Pure.
 *
 * Resend hands mails to Amazon SES, which puts a Message-ID of its own in place of ours (Amazon SES developer guide,
 * "Header fields"). So ours is not sent as a header; its local part travels as key against doubles and as a tag.
 *
 * @throws Fault `permanent`, reason `invalid_address` or `mail_malformed`
 */
export async function requestFor(mail: OutgoingMail): Promise<ResendRequest> {
  const { from, to } = plainEnvelopeOf(mail, 'resend');
  const hash = plainLocalPart.exec(mail.messageId)?.[1];
  const parts = await takeApart(mail.bytes).catch(() => undefined);
  if (hash === undefined || parts === undefined || !fitForHeaders(parts)) throw malformed();
  const { subject, html, text, replyTo, language, attachments } = parts;
  const body = {
    from: mailboxOf(parts.fromName, from),
    to: [to],
    subject,
    html,
    text,
    reply_to: replyTo,
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    attachments: attachments.map(({ fileName, base64, contentType }) => ({
      filename: fileName,
      content: base64,
      content_type: contentType,
    })),
    tags: [{ name: mailTag, value: hash }],
  };
  return { idempotencyKey: hash, body: JSON.stringify(body) };
}

function fitForHeaders({ subject, fromName, replyTo, language, attachments }: MailParts): boolean {
  const names = attachments.flatMap(({ fileName, contentType }) => [fileName, contentType]);
  const values = [subject, fromName, replyTo ?? '', language ?? '', ...names];
  return values.every(fitsHeaders);
}

/** `Name <address>`; a name is quoted where it holds what has a meaning in an address (RFC 5322 §3.2.3). */
function mailboxOf(name: string, address: string): string {
  if (name === '') return address;
  const shown = /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
  return `${shown} <${address}>`;
}

const malformed = () =>
  new Fault({
    kind: 'permanent',
    reason: 'mail_malformed',
    message: 'The mail is not one that can be taken apart and handed to Resend.',
    provider: 'resend',
  });
