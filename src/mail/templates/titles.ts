import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import type { Language, OrderLine } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import { noticeWords } from './noticeWords.ts';
import { style } from './style.ts';

type Titled = Pick<OrderLine, 'title' | 'productId'>;

const titleOf = ({ title, productId }: Titled) => printableText(title, 200) || productId;

/** Titles without links, at most so many bytes long; the rest is counted. */
export function titleList(
  lines: readonly Titled[],
  { language, budgetBytes }: { language: Language; budgetBytes: number },
): Html {
  const shown: Html[] = [];
  let used = 0;
  for (const line of lines) {
    const block = html`<div class="line" style="${style.takenBook}">
      <p class="ink" dir="auto" style="${style.takenTitle}">${titleOf(line)}</p>
    </div> `;
    used += Buffer.byteLength(block.markup);
    if (used > budgetBytes) break;
    shown.push(block);
  }
  const left = lines.length - shown.length;
  const rest =
    left > 0 && html`<p class="soft" style="${style.until}">${noticeWords(language).moreBooks(left)}</p>`;
  return html`<div>${shown}</div>
    ${rest}`;
}

/** The same for the text part, complete. */
export const titleLines = (lines: readonly Titled[]) => lines.map((line) => `  ${titleOf(line)}`).join('\n');
