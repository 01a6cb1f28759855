import { momentText } from '../../domain/calendar.ts';
import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import type { Language, Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { button } from './layout.ts';
import { style } from './style.ts';
import { mailWords } from './words.ts';
import type { Because } from './words.ts';

export interface ClosingInput {
  order: Pick<Order, 'orderId' | 'paymentKey'> & { buyer: { language: Language } };
  shop: ShopIdentity;
  shelfUrl: string;
  expiresAt: Date;
}

export interface FooterInput {
  language: Language;
  /** What the buyer is to name when they write to us. */
  orderId: string;
  shop: ShopIdentity;
  because: Because;
}

/** Why the mails of an order come. The key of a gift, which no payment stands behind, says that it is one. */
export const becauseOf = ({ paymentKey }: Pick<Order, 'paymentKey'>): Because =>
  paymentKey.startsWith('grant_') ? 'grant' : 'purchase';

const untilOf = ({ order, shop, expiresAt }: ClosingInput) => {
  const words = mailWords(order.buyer.language);
  const moment = momentText(expiresAt, shop.timeZone ?? 'UTC', order.buyer.language);
  return `${words.linksWorkUntil(moment)} ${words.afterThat}`;
};

/** Until when the links work, and the way to the shelf. */
export function untilAndShelf(input: ClosingInput): Html {
  const words = mailWords(input.order.buyer.language);
  return html`<p class="soft" style="${style.until}">${untilOf(input)}</p>
    <div>${button(words.openShelf, input.shelfUrl, { shop: input.shop, quiet: true })}</div>`;
}

/** The same for the text part. */
export function untilAndShelfText(input: ClosingInput): string {
  const words = mailWords(input.order.buyer.language);
  return `${untilOf(input)}\n${words.shelf}: ${input.shelfUrl}`;
}

/** Whom to ask, and why this mail came. */
export function footer({ language, orderId, shop, because }: FooterInput): Html {
  const words = mailWords(language);
  const email = printableText(shop.supportEmail, 254);
  return html`<p class="soft" style="${style.footText}">
      ${words.help} <a class="soft" href="mailto:${email}" style="${style.footLink}">${email}</a>.
      ${words.quoteOrder} <span style="${style.unbroken}">${orderId}.</span>
    </p>
    <p class="soft" style="${style.footText}">${whyOf(language, shop, because)}</p>`;
}

export function footerText({ language, orderId, shop, because }: FooterInput): string {
  const words = mailWords(language);
  return [
    `${words.help} ${printableText(shop.supportEmail, 254)}. ${words.quoteOrder} ${orderId}.`,
    whyOf(language, shop, because),
  ].join('\n\n');
}

/** The footer of a mail about an order, from what every such mail knows. */
export const footerOf = (
  { order, shop }: Pick<ClosingInput, 'order' | 'shop'>,
  because: Because = becauseOf(order),
): FooterInput => ({ language: order.buyer.language, orderId: order.orderId, shop, because });

const whyOf = (language: Language, shop: ShopIdentity, because: Because) =>
  mailWords(language).why[because](printableText(shop.name, 80));
