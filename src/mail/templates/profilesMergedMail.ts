import { html } from '../../domain/html.ts';
import type { Order } from '../../domain/order.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { claimWords } from './claimWords.ts';
import { footer, footerOf, footerText } from './closing.ts';
import { button, heading, mailPage, note, paragraph } from './layout.ts';
import type { MailContent } from './layout.ts';
import { mailWords } from './words.ts';

export interface ProfilesMergedMailInput {
  /** One that was bought with the address which the mail goes to. */
  order: Order;
  shop: ShopIdentity;
  shelfUrl: string;
}

/**
 * Goes to both addresses whose books were put together. Neither is told the other: if support was deceived, one of them
 * is a stranger's.
 */
export function profilesMergedMail(input: ProfilesMergedMailInput): MailContent {
  const { order, shop, shelfUrl } = input;
  const { language } = order.buyer;
  const words = claimWords(language);
  const { mergedHeading: title, mergedLead: lead, mergedNote: warning } = words;
  const { openShelf, shelf, order: orderWord } = mailWords(language);
  const subject = words.mergedSubject(order.orderId);
  const closing = footerOf(input, 'address');
  const content = html`${heading(title)} ${paragraph(lead)}
    <div>${button(openShelf, shelfUrl, { shop })}</div>
    ${note(warning)}`;
  return {
    subject,
    html: mailPage({ language, shop, subject, preview: lead, content, footer: footer(closing) }),
    text: [
      title,
      lead,
      `${shelf}: ${shelfUrl}`,
      warning,
      `${orderWord}: ${order.orderId}`,
      `—\n${footerText(closing)}\n`,
    ].join('\n\n'),
  };
}
