import { momentText } from '../../domain/calendar.ts';
import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import type { Language, Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { button } from './layout.ts';
import { style } from './style.ts';
import { mailWords } from './words.ts';

export interface ClosingInput {
  order: Pick<Order, 'orderId'> & { buyer: { language: Language } };
  shop: ShopIdentity;
  shelfUrl: string;
  expiresAt: Date;
}

export interface FooterInput extends Pick<ClosingInput, 'order' | 'shop'> {
  /** Why this mail came: a purchase, or books that were given. */
  because?: 'purchase' | 'grant';
}

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
export function footer(input: FooterInput): Html {
  const { order, shop } = input;
  const words = mailWords(order.buyer.language);
  const email = printableText(shop.supportEmail, 254);
  return html`<p class="soft" style="${style.footText}">
      ${words.help} <a class="soft" href="mailto:${email}" style="${style.footLink}">${email}</a>.
      ${words.quoteOrder} <span style="${style.unbroken}">${order.orderId}.</span>
    </p>
    <p class="soft" style="${style.footText}">${whyOf(input)}</p>`;
}

export function footerText(input: FooterInput): string {
  const { order, shop } = input;
  const words = mailWords(order.buyer.language);
  return [
    `${words.help} ${printableText(shop.supportEmail, 254)}. ${words.quoteOrder} ${order.orderId}.`,
    whyOf(input),
  ].join('\n\n');
}

function whyOf({ order, shop, because = 'purchase' }: FooterInput): string {
  const words = mailWords(order.buyer.language);
  const name = printableText(shop.name, 80);
  return because === 'grant' ? words.whyGranted(name) : words.why(name);
}
