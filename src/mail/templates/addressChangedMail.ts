import { html } from '../../domain/html.ts';
import { maskEmail } from '../../domain/masking.ts';
import type { Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { footer, footerOf, footerText } from './closing.ts';
import { heading, mailPage, note, paragraph } from './layout.ts';
import type { MailContent } from './layout.ts';
import { mailWords } from './words.ts';

export interface AddressChangedMailInput {
  /** With the buyer's new address, of which the mail tells a masked form. */
  order: Order;
  shop: ShopIdentity;
}

/**
 * Goes to the address that an order had before somebody corrected it, which may be a stranger's: so it says what
 * happened and whom to ask, and nothing of buyer, books or links.
 */
export function addressChangedMail(input: AddressChangedMailInput): MailContent {
  const { order, shop } = input;
  const { language, email } = order.buyer;
  const words = mailWords(language);
  const subject = words.addressSubject(order.orderId);
  const lead = words.addressLead(printableText(maskEmail(email), 254));
  const closing = footerOf(input, 'address');
  const content = html`${heading(words.addressHeading)} ${paragraph(lead)} ${note(words.addressNote)}`;
  return {
    subject,
    html: mailPage({ language, shop, subject, preview: lead, content, footer: footer(closing) }),
    text: [
      words.addressHeading,
      lead,
      words.addressNote,
      `${words.order}: ${order.orderId}`,
      `—\n${footerText(closing)}\n`,
    ].join('\n\n'),
  };
}
