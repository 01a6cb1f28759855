import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import type { OrderLine } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import { style } from './style.ts';

/** A title as mails print it: at most 200 signs; the product's id where nothing of the title can be seen. */
export const titleOf = ({ title, productId }: Pick<OrderLine, 'title' | 'productId'>): string =>
  printableText(title, 200) || productId;

/**
 * Titles without links, at most so many bytes long; the rest is counted.
 *
 * @param titles printable, see `titleOf`
 */
export function titleList(
  titles: readonly string[],
  { more, budgetBytes }: { more: (left: number) => string; budgetBytes: number },
): Html {
  const shown: Html[] = [];
  let used = 0;
  for (const title of titles) {
    const block = html`<div class="line" style="${style.takenBook}">
      <p class="ink" dir="auto" style="${style.takenTitle}">${title}</p>
    </div> `;
    used += Buffer.byteLength(block.markup);
    if (used > budgetBytes) break;
    shown.push(block);
  }
  const left = titles.length - shown.length;
  const rest = left > 0 && html`<p class="soft" style="${style.until}">${more(left)}</p>`;
  return html`<div>${shown}</div>
    ${rest}`;
}

/** The same for the text part, complete. */
export const titleLines = (titles: readonly string[]) => titles.map((title) => `  ${title}`).join('\n');
