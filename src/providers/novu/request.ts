import { createHash, createHmac } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { plainEnvelopeOf } from '../mailAddress.ts';
import { fitsHeaders, type MailParts, takeApart } from '../mailParts.ts';
import { inertHtml, inertText } from './inertText.ts';

export interface NovuRequest {
  /** Names the workflow run at Novu, which does not run one twice. The Message-ID's local part. */
  transactionId: string;
  /** At most 255 characters. Made of mail and settings: where a setting was mended, the request is another one. */
  idempotencyKey: string;
  /** JSON; the same text for the same mail and settings, since Novu compares it. */
  body: string;
}

export interface NovuRequestSettings {
  workflowId: string;
  subscriberKey: Uint8Array;
}

const plainLocalPart = /^<([A-Za-z0-9_-]{1,200})@[^<>@\s]{1,253}>$/;

/** The name of a mail at Novu; undefined when its Message-ID makes none. */
export const transactionIdOf = (messageId: string): string | undefined => plainLocalPart.exec(messageId)?.[1];

/**
 * A mail as `POST /v1/events/trigger` takes it (docs.novu.co/api-reference/events/trigger-event; attachments and
 * overrides: docs.novu.co/platform/integrations/email). Pure.
 *
 * The override `text` is not used: it takes the place of the HTML.
 *
 * @throws Fault `permanent`, reason `invalid_address` or `mail_malformed`
 */
export async function requestFor(mail: OutgoingMail, settings: NovuRequestSettings): Promise<NovuRequest> {
  const { from, to } = plainEnvelopeOf(mail, 'novu');
  const transactionId = transactionIdOf(mail.messageId);
  const parts = await takeApart(mail.bytes).catch(() => undefined);
  if (transactionId === undefined || parts === undefined || !fitForHeaders(parts)) throw malformed();
  const { subject, html, text, fromName, replyTo, language, attachments } = parts;
  const body = JSON.stringify({
    name: settings.workflowId,
    to: { subscriberId: subscriberIdOf(to, settings.subscriberKey), email: to, locale: language },
    payload: {
      subject: inertText(subject),
      html: inertHtml(html),
      text: inertText(text),
      attachments: attachments.map(({ fileName, base64, contentType }) => ({
        file: base64,
        name: fileName,
        mime: contentType,
      })),
    },
    overrides: {
      email: { from, senderName: fromName === '' ? undefined : inertText(fromName), replyTo },
    },
    transactionId,
  });
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return { transactionId, idempotencyKey: `${transactionId}-${digest}`, body };
}

/** Who the mail is for, without saying it: Novu keeps ids of subscribers in lists, addresses of links and logs. */
export function subscriberIdOf(address: string, key: Uint8Array): string {
  return createHmac('sha256', key)
    .update(`novu-subscriber\0${address.toLowerCase()}`)
    .digest('hex')
    .slice(0, 40);
}

function fitForHeaders({ subject, fromName, replyTo, language, attachments }: MailParts): boolean {
  const names = attachments.flatMap(({ fileName, contentType }) => [fileName, contentType]);
  const values = [subject, fromName, replyTo ?? '', language ?? '', ...names];
  // Novu stores an attachment under a path that ends in its name.
  const paths = attachments.some(({ fileName }) => /[/\\]|^\.+$/.test(fileName));
  return !paths && values.every(fitsHeaders);
}

const malformed = () =>
  new Fault({
    kind: 'permanent',
    reason: 'mail_malformed',
    message: 'The mail is not one that can be taken apart and handed to Novu.',
    provider: 'novu',
  });
