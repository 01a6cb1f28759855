import { html } from '../../domain/html.ts';
import type { Order } from '../../domain/order.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { bookLines, bookList, booksOf } from './books.ts';
import type { DownloadLink } from './books.ts';
import { footer, footerText, untilAndShelf, untilAndShelfText } from './closing.ts';
import { heading, htmlBudgetBytes, mailPage, paragraph } from './layout.ts';
import type { MailContent } from './layout.ts';
import { mailWords } from './words.ts';

export interface FilesReadyMailInput {
  order: Order;
  links: readonly DownloadLink[];
  shelfUrl: string;
  /** When the links end. */
  expiresAt: Date;
  shop: ShopIdentity;
}

/** Bytes that frame and footer need at most. */
const frameBytes = 10_000;

/** The second mail, sent only when copies were late: the files that are there now. */
export function filesReadyMail(input: FilesReadyMailInput): MailContent {
  const { order, shop } = input;
  const { language } = order.buyer;
  const words = mailWords(language);
  const books = booksOf(order, input.links).filter((book) => book.links.length > 0);
  const subject = words.readySubject(order.orderId);
  const content = html`${heading(words.readyHeading)} ${paragraph(words.readyLead)}
  ${bookList(books, { words, shop, budgetBytes: htmlBudgetBytes - frameBytes })} ${untilAndShelf(input)}`;
  return {
    subject,
    html: mailPage({
      language,
      shop,
      subject,
      preview: words.readyLead,
      content,
      footer: footer(input),
    }),
    text: [
      words.readyHeading,
      words.readyLead,
      bookLines(books, words),
      untilAndShelfText(input),
      `${words.order}: ${order.orderId}`,
      `—\n${footerText(input)}\n`,
    ].join('\n\n'),
  };
}
