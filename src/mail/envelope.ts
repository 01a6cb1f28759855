import type { Language } from '../domain/order.ts';
import { printableText } from '../domain/printableText.ts';
import type { ShopIdentity } from '../domain/shop.ts';
import { composeMail } from './compose.ts';
import type { MailAttachment } from './compose.ts';
import type { MailContent } from './templates/layout.ts';

export interface Envelope {
  shop: ShopIdentity;
  to: string;
  /** With angle brackets; see messageId.ts. */
  messageId: string;
  date: Date;
  language: Language;
  attachments?: readonly MailAttachment[];
}

/**
 * What a template has written, as a mail of the shop. Every mail to buyers is made here, a preview too.
 *
 * @throws Fault `mail_malformed`, see `composeMail`
 */
export function composeForBuyer(
  content: MailContent,
  { shop, to, messageId, date, language, attachments = [] }: Envelope,
): Promise<Uint8Array> {
  return composeMail({
    messageId,
    date,
    from: { name: printableText(shop.name, 80), address: shop.fromAddress },
    to,
    ...(shop.replyTo === undefined ? {} : { replyTo: shop.replyTo }),
    ...content,
    attachments,
    language,
  });
}
