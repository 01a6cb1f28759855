import type { Format } from '../../domain/effectKey.ts';
import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import type { Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { button, webAddress } from './layout.ts';
import { style } from './style.ts';
import type { MailWords } from './words.ts';

/** A link to one copy. The URL is ours and is checked at every click. */
export interface DownloadLink {
  lineNo: number;
  title: string;
  format: Format;
  url: string;
}

/** A title of the order and the formats in which it can be downloaded. */
export interface Book {
  title: string;
  links: Array<{ format: string; url: string }>;
  /** Files were sold with it, and none of them can be linked yet. */
  awaited: boolean;
}

/** More titles than this are listed with plain links instead of buttons. */
const buttonsMax = 12;

/** The order's lines with their links, in the order's own order. */
export function booksOf(order: Pick<Order, 'lines'>, links: readonly DownloadLink[]): Book[] {
  return order.lines.map((line) => {
    const own = links.filter((link) => link.lineNo === line.lineNo);
    return {
      title: printableText(own[0]?.title ?? line.title, 200) || line.productId,
      links: own.map(({ format, url }) => ({ format: format.toUpperCase(), url: webAddress(url) })),
      awaited: own.length === 0 && line.formats.length > 0,
    };
  });
}

/** The list of titles, at most so many bytes long; the rest is named in one sentence. */
export function bookList(
  books: Book[],
  { words, shop, budgetBytes }: { words: MailWords; shop: ShopIdentity; budgetBytes: number },
): Html {
  const compact = books.length > buttonsMax;
  const shown: Html[] = [];
  let used = 0;
  for (const book of books) {
    const block = bookBlock(book, { words, shop, compact });
    used += Buffer.byteLength(block.markup);
    if (used > budgetBytes) break;
    shown.push(block);
  }
  const left = books.length - shown.length;
  const rest = left > 0 && html`<p class="soft" style="${style.until}">${words.moreOnShelf(left)}</p>`;
  return html`<div class="line" style="${style.books}">${shown}</div>
    ${rest}`;
}

function bookBlock(
  { title, links, awaited }: Book,
  { words, shop, compact }: { words: MailWords; shop: ShopIdentity; compact: boolean },
): Html {
  const downloads = links.map(({ format, url }, at) =>
    compact
      ? html`<a class="ink" href="${url}" style="${style.inlineLink}">${words.download(format)}</a> `
      : html`${button(words.download(format), url, { shop, quiet: at > 0 })} `,
  );
  const preparing = awaited && html`<span class="soft" style="${style.small}">${words.inPreparation}</span>`;
  return html`<div class="line" style="${style.book}">
    <p class="ink" dir="auto" style="${style.title}">${title}</p>
    <div>${downloads}${preparing}</div>
  </div> `;
}

/** The same list for the text part, complete. */
export function bookLines(books: Book[], words: MailWords): string {
  return books
    .map(({ title, links, awaited }) => {
      const rows = links.map(({ format, url }) => `  ${format}: ${url}`);
      return [title, ...rows, ...(awaited ? [`  ${words.inPreparation}`] : [])].join('\n');
    })
    .join('\n\n');
}
