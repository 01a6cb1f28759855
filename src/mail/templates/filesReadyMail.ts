import { html } from '../../domain/html.ts';
import type { Order } from '../../domain/order.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { bookLines, bookList, booksOf } from './books.ts';
import type { DownloadLink } from './books.ts';
import { footer, footerOf, footerText, untilAndShelf, untilAndShelfText } from './closing.ts';
import { heading, htmlBudgetBytes, mailPage, paragraph } from './layout.ts';
import type { MailContent } from './layout.ts';
import { mailWords } from './words.ts';
import type { Because } from './words.ts';

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
  const words = mailWords(input.order.buyer.language);
  return linksMail(input, {
    subject: words.readySubject(input.order.orderId),
    title: words.readyHeading,
    lead: words.readyLead,
  });
}

/** The one mail about books that were given: nothing was bought, and nothing came late. */
export function grantedMail(input: FilesReadyMailInput): MailContent {
  const words = mailWords(input.order.buyer.language);
  const books = input.order.lines.length;
  return linksMail(input, {
    subject: words.grantedSubject(input.order.orderId, books),
    title: words.grantedHeading(books),
    lead: words.grantedLead(books),
    because: 'grant',
  });
}

/** A book that its owner has already is there in a new version. */
export function newVersionMail(input: FilesReadyMailInput): MailContent {
  const words = mailWords(input.order.buyer.language);
  return linksMail(input, {
    subject: words.newVersionSubject(input.order.orderId),
    title: words.newVersionHeading,
    lead: words.newVersionLead,
  });
}

/** New links, in the place of all that were sent before. */
export function newLinksMail(input: FilesReadyMailInput): MailContent {
  const words = mailWords(input.order.buyer.language);
  return linksMail(input, {
    subject: words.newLinksSubject(input.order.orderId),
    title: words.newLinksHeading,
    lead: words.newLinksLead,
  });
}

function linksMail(
  input: FilesReadyMailInput,
  { subject, title, lead, because }: { subject: string; title: string; lead: string; because?: Because },
): MailContent {
  const { order, shop } = input;
  const { language } = order.buyer;
  const words = mailWords(language);
  const books = booksOf(order, input.links).filter((book) => book.links.length > 0);
  const content = html`${heading(title)} ${paragraph(lead)}
  ${bookList(books, { words, shop, budgetBytes: htmlBudgetBytes - frameBytes })} ${untilAndShelf(input)}`;
  return {
    subject,
    html: mailPage({
      language,
      shop,
      subject,
      preview: lead,
      content,
      footer: footer(footerOf(input, because)),
    }),
    text: [
      title,
      lead,
      bookLines(books, words),
      untilAndShelfText(input),
      `${words.order}: ${order.orderId}`,
      `—\n${footerText(footerOf(input, because))}\n`,
    ].join('\n\n'),
  };
}
