import { z } from 'zod';
import { read } from './shop.ts';
import type { ShopUnderTest } from './stack.ts';

const summarySchema = z.object({
  ID: z.string(),
  MessageID: z.string(),
  Subject: z.string(),
  Created: z.coerce.date(),
  To: z.array(z.object({ Address: z.string() })),
});
const pageSchema = z.object({ messages_count: z.number(), messages: z.array(summarySchema) });
const mailSchema = summarySchema.extend({
  Text: z.string(),
  HTML: z.string(),
  Attachments: z.array(z.object({ PartID: z.string(), FileName: z.string(), ContentType: z.string() })),
});

export type MailSummary = z.infer<typeof summarySchema>;
export type Mail = z.infer<typeof mailSchema>;

/** Every mail that has arrived, oldest first. */
export async function allMails({ places }: ShopUnderTest): Promise<MailSummary[]> {
  const mails: MailSummary[] = [];
  for (;;) {
    const url = `${places.urls.inbox}/api/v1/messages?limit=500&start=${mails.length}`;
    const page = await read(url, pageSchema);
    mails.push(...page.messages);
    if (page.messages.length === 0) return mails.toReversed();
  }
}

/** What one buyer has received, oldest first. */
export async function mailsTo({ places }: ShopUnderTest, email: string): Promise<MailSummary[]> {
  const query = encodeURIComponent(`to:"${email}"`);
  const page = await read(`${places.urls.inbox}/api/v1/search?query=${query}`, pageSchema);
  return page.messages.toReversed();
}

export const openMail = ({ places }: ShopUnderTest, mail: MailSummary): Promise<Mail> =>
  read(`${places.urls.inbox}/api/v1/message/${mail.ID}`, mailSchema);
