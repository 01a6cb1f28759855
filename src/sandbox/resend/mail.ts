import { randomBytes } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { z } from 'zod';

const line = z.string().regex(/^[^\r\n]*$/);
const tagPart = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/);

/** The body of `POST /emails`, as far as the sandbox looks at it (resend.com/docs/api-reference/emails/send-email). */
export const mailBody = z.object({
  from: line,
  to: z.union([line.transform((one) => [one]), z.array(line).min(1).max(50)]),
  subject: line,
  html: z.string().optional(),
  text: z.string().optional(),
  reply_to: line.optional(),
  headers: z.record(z.string(), line).default({}),
  attachments: z
    .array(z.object({ filename: line, content: z.string(), content_type: line.optional() }))
    .default([]),
  tags: z.array(z.object({ name: tagPart, value: tagPart })).default([]),
});
export type MailBody = z.infer<typeof mailBody>;

/** The address in `Name <address>`. */
export const addressIn = (mailbox: string): string => /<([^<>]*)>\s*$/.exec(mailbox)?.[1] ?? mailbox;

/** The mail as it goes out: put together by Resend, with a Message-ID that Amazon SES gives it, whatever was asked. */
export function mimeOf(mail: MailBody): Promise<Buffer> {
  const composer = new MailComposer({
    messageId: `<0102${randomBytes(14).toString('hex')}-000000@eu-west-1.amazonses.com>`,
    from: mail.from,
    to: mail.to,
    replyTo: mail.reply_to,
    subject: mail.subject,
    html: mail.html,
    text: mail.text,
    headers: mail.headers,
    attachments: mail.attachments.map(({ filename, content, content_type: contentType }) => ({
      filename,
      contentType,
      content: Buffer.from(content, 'base64'),
    })),
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
