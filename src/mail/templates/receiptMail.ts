import { html } from '../../domain/html.ts';
import { localeOf } from '../../domain/locale.ts';
import { formatMoney } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { bookLines, bookList, booksOf } from './books.ts';
import type { DownloadLink } from './books.ts';
import { footer, footerOf, footerText, untilAndShelf, untilAndShelfText } from './closing.ts';
import { factLines, factList } from './facts.ts';
import type { MailFact } from './facts.ts';
import { heading, htmlBudgetBytes, mailPage, note, paragraph, webAddress } from './layout.ts';
import type { MailContent } from './layout.ts';
import { mailWords } from './words.ts';

export interface ReceiptMailInput {
  order: Order;
  receipt: { number: string };
  links: readonly DownloadLink[];
  receiptUrl: string;
  shelfUrl: string;
  /** When the links end. */
  expiresAt: Date;
  shop: ShopIdentity;
  /** The copies are not all there yet: the links lead to a page that waits. */
  filesPending: boolean;
}

/** Bytes that frame, facts and footer need at most. */
const frameBytes = 14_000;

/** The mail that goes out at once after a purchase: download links, shelf and receipt. */
export function receiptMail(input: ReceiptMailInput): MailContent {
  const { order, shop, filesPending } = input;
  const { language } = order.buyer;
  const words = mailWords(language);
  const books = booksOf(order, input.links);
  const subject = words.receiptSubject(order.orderId, books.length);
  const lead = filesPending ? words.filesPending : words.booksReady(books.length);
  const facts = factsOf(input);
  const content = html`${heading(words.receiptHeading)} ${filesPending ? note(lead) : paragraph(lead)}
  ${bookList(books, { words, shop, budgetBytes: htmlBudgetBytes - frameBytes })} ${untilAndShelf(input)}
  ${factList(facts)}`;
  return {
    subject,
    html: mailPage({ language, shop, subject, preview: lead, content, footer: footer(footerOf(input)) }),
    text: [
      words.receiptHeading,
      lead,
      bookLines(books, words),
      untilAndShelfText(input),
      factLines(facts),
      `—\n${footerText(footerOf(input))}\n`,
    ].join('\n\n'),
  };
}

function factsOf({ order, receipt, receiptUrl }: ReceiptMailInput): MailFact[] {
  const words = mailWords(order.buyer.language);
  const money = { amountMinor: order.total, currency: order.currency };
  const buyer = harmlessName(order.buyer.company ?? '') || harmlessName(order.buyer.name ?? '');
  return [
    { label: words.order, text: order.orderId },
    { label: words.paid, text: formatMoney(money, localeOf(order.buyer.language)) },
    { label: words.receipt, text: printableText(receipt.number, 60), url: webAddress(receiptUrl) },
    ...(buyer ? [{ label: words.buyer, text: buyer }] : []),
  ];
}

/**
 * A buyer's name, unless it reads like a web address: mail clients turn such a name into a link, and anybody could
 * have a stranger be sent one under the shop's name.
 */
function harmlessName(name: string): string {
  const clean = printableText(name, 120);
  return /[a-z0-9-]\.[a-z]{2,}|:\/\/|www\.|@/i.test(clean.normalize('NFKC')) ? '' : clean;
}
