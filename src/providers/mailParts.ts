import PostalMime from 'postal-mime';

export interface MailPart {
  fileName: string;
  contentType: string;
  base64: string;
}

/** A mail taken apart, for providers that put it together themselves. */
export interface MailParts {
  subject: string;
  fromName: string;
  replyTo: string | undefined;
  language: string | undefined;
  html: string;
  text: string;
  attachments: MailPart[];
}

/**
 * Takes apart a mail as `mail/compose.ts` has composed it. Pure: the same bytes give the same parts, so that a request
 * built of them is the same on every attempt.
 *
 * @throws TypeError when it is not such a mail
 */
export async function takeApart(bytes: Uint8Array): Promise<MailParts> {
  const mail = await PostalMime.parse(bytes, { attachmentEncoding: 'base64' });
  if (mail.subject === undefined || mail.html === undefined || mail.text === undefined)
    throw new TypeError('A mail needs a subject, HTML and text.');
  const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
  return {
    subject: mail.subject,
    fromName: mail.from?.name ?? '',
    replyTo: mail.replyTo?.[0]?.address,
    language: header('content-language'),
    html: mail.html,
    text: mail.text,
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      fileName: filename ?? 'attachment',
      contentType: mimeType,
      base64: typeof content === 'string' ? content : Buffer.from(content as Uint8Array).toString('base64'),
    })),
  };
}

/** What would end a header, could not be written into one, or would be decoded by its readers (RFC 2047). */
const unfitForHeaders = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]|=\?/u;
/** The longest line of a mail (RFC 5322 §2.1.1). */
const headerUnitsMax = 998;

/** Whether a text may stand in a header. Our own composer lets no others through; this holds for whoever composes. */
export const fitsHeaders = (text: string): boolean =>
  text.length <= headerUnitsMax && !unfitForHeaders.test(text);
