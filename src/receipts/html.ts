import { html } from '../domain/html.ts';
import type { Html } from '../domain/html.ts';
import { localeOf } from '../domain/locale.ts';
import { buyerOf, headFacts, receiptTitle, sellerOf } from './contents.ts';
import type { Party } from './contents.ts';
import type { ReceiptDocument, ReceiptLine } from './document.ts';
import { figureColumns, percentText, plainAmounts, sums } from './figures.ts';
import type { FigureColumn } from './figures.ts';
import { receiptStyle } from './htmlStyle.ts';
import { receiptWords } from './words.ts';

/**
 * The receipt as one HTML page that needs nothing else: no scripts, no remote resources, nothing unescaped.
 * Readable by screen readers, on phones, in the dark and on A4 paper.
 */
export function receiptHtml(document: ReceiptDocument): string {
  const words = receiptWords(document.language);
  const page = html`<!doctype html>
    <html lang="${localeOf(document.language)}">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="referrer" content="no-referrer" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <title>${receiptTitle(document)}</title>
        <style>
          ${receiptStyle}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="shop">${document.seller.name}</p>
            <h1>${words.title}</h1>
            <p class="number">${document.number}</p>
            ${document.test && html`<p class="test">${words.testMode}</p>`}
          </header>
          <dl class="facts">
            ${headFacts(document).map(
              ({ label, text }) =>
                html`<div>
                  <dt>${label}</dt>
                  <dd>${text}</dd>
                </div>`,
            )}
          </dl>
          <div class="parties">${partyBlock(sellerOf(document))}${partyBlock(buyerOf(document))}</div>
          ${itemsTable(document)}
          <div class="close">
            ${sumsList(document)}
            <div>
              ${taxTable(document)}
              <dl class="payment">
                <dt>${words.payment}</dt>
                <dd>${document.paymentKey}</dd>
              </dl>
            </div>
          </div>
          <footer>
            <p>${words.legalNote}</p>
            <p>${words.questions(document.seller.email)}</p>
          </footer>
        </main>
      </body>
    </html> `;
  return page.markup;
}

function partyBlock({ label, name, lines }: Party): Html {
  return html`<section>
    <h2>${label}</h2>
    <p class="name" dir="auto">${name}</p>
    ${lines.map((line) => html`<p dir="auto">${line}</p>`)}
  </section>`;
}

function itemsTable(document: ReceiptDocument): Html {
  const words = receiptWords(document.language);
  const columns = figureColumns(document);
  const head = columns.map(
    (column) => html`<th scope="col" class="${figureClass(column)}">${column.label}</th>`,
  );
  const currency = words.amountsIn(document.currency.toUpperCase());
  return html`<table class="items">
    <caption class="hidden">
      ${words.items}
    </caption>
    <thead>
      <tr>
        <th scope="col">${words.item} · ${currency}</th>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${document.lines.map((line) => itemRow(line, columns))}
    </tbody>
  </table>`;
}

/** On a phone only title and total stay columns; the other figures are told below the title. */
function itemRow(line: ReceiptLine, columns: FigureColumn[]): Html {
  const cells = columns.map((column) => html`<td class="${figureClass(column)}">${column.text(line)}</td>`);
  const details = lineDetails(line, columns).map((detail) => html`<span>${detail}</span> `);
  return html`<tr>
    <th scope="row"><span dir="auto">${line.title}</span><span class="detail">${details}</span></th>
    ${cells}
  </tr> `;
}

/** "3 × 15,00", "Rabat −5,00", "Podatek 5% 1,62": as many as the receipt has columns for. */
function lineDetails(line: ReceiptLine, columns: FigureColumn[]): string[] {
  const text = (key: FigureColumn['key']) => columns.find((column) => column.key === key)?.text(line) ?? '';
  const label = (key: FigureColumn['key']) => columns.find((column) => column.key === key)?.label ?? '';
  return [
    `${text('quantity')} × ${text('unitAmount')}`,
    ...(line.discount ? [`${label('discount')} ${text('discount')}`] : []),
    ...(line.tax ? [`${label('tax')} ${text('taxRate')}: ${text('tax')}`] : []),
  ];
}

const figureClass = (column: FigureColumn) => (column.key === 'lineTotal' ? 'figure' : 'figure more');

function sumsList(document: ReceiptDocument): Html {
  const rows = sums(document);
  return html`<dl class="sums">
    ${rows.map(
      ({ label, text }, at) =>
        html`<div${at === rows.length - 1 && html` class="paid"`}><dt>${label}</dt><dd>${text}</dd></div>`,
    )}
  </dl>`;
}

function taxTable(document: ReceiptDocument): Html | false {
  const words = receiptWords(document.language);
  if (document.taxRates.length === 0) return false;
  const plain = plainAmounts(document);
  const rows = document.taxRates.map(
    (rate) =>
      html`<tr>
        <th scope="row">${percentText(rate.taxPercent, document)}</th>
        ${[rate.net, rate.tax].map((amount) => html`<td class="figure">${plain(amount)}</td>`)}
        <td class="figure">${plain(rate.gross)}</td>
      </tr>`,
  );
  return html`<table class="rates">
    <caption class="caption">
      ${words.taxSummary}
    </caption>
    <thead>
      <tr>
        <th scope="col">${words.taxRate}</th>
        <th scope="col" class="figure">${words.net}</th>
        <th scope="col" class="figure">${words.tax}</th>
        <th scope="col" class="figure">${words.gross}</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
