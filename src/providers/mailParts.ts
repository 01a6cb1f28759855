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
