import { html } from '../domain/html.ts';
import type { Html } from '../domain/html.ts';
import { localeOf } from '../domain/locale.ts';
import type { CreditNoteDocument } from './creditNote.ts';
import { creditNotePaper } from './creditNotePaper.ts';
import type { ReceiptDocument } from './document.ts';
import { receiptStyle } from './htmlStyle.ts';
import { titleOf } from './paper.ts';
import type { Fact, Paper, PaperRow, Party } from './paper.ts';
import { receiptPaper } from './receiptPaper.ts';

export const receiptHtml = (document: ReceiptDocument) => paperHtml(receiptPaper(document));

export const creditNoteHtml = (document: CreditNoteDocument) => paperHtml(creditNotePaper(document));

/**
 * A paper as one HTML page that needs nothing else: no scripts, no remote resources, nothing unescaped.
 * Readable by screen readers, on phones, in the dark and on A4 paper.
 */
function paperHtml(paper: Paper): string {
  const page = html`<!doctype html>
    <html lang="${localeOf(paper.language)}">
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
        <title>${titleOf(paper)}</title>
        <style>
          ${receiptStyle}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="shop">${paper.shopName}</p>
            <h1>${paper.heading}</h1>
            <p class="number">${paper.number}</p>
            ${paper.notices.map((text) => html`<p class="test">${text}</p>`)}
          </header>
          <dl class="facts${paper.facts.length === 4 && ' pairs'}">
            ${paper.facts.map(
              ({ label, text }) =>
                html`<div>
                  <dt>${label}</dt>
                  <dd>${text}</dd>
                </div>`,
            )}
          </dl>
          <div class="parties">${paper.parties.map(partyBlock)}</div>
          ${itemsTable(paper)}
          <div class="close">
            ${sumsList(paper)}
            <div>
              ${taxTable(paper)}
              <dl class="payment">${paper.references.map(referenceRow)}</dl>
            </div>
          </div>
          <footer>
            <p>${paper.legalNote}</p>
            <p>${paper.questions}</p>
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

const referenceRow = ({ label, text }: Fact) =>
  html`<dt>${label}</dt>
    <dd>${text}</dd>`;

function itemsTable({ items }: Paper): Html {
  const head = items.columns.map(
    (label, at) => html`<th scope="col" class="${figureClass(at, items.columns)}">${label}</th>`,
  );
  return html`<table class="items">
    <caption class="hidden">
      ${items.title}
    </caption>
    <thead>
      <tr>
        <th scope="col">${items.head}</th>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${items.rows.map(itemRow)}
    </tbody>
  </table>`;
}

/** On a phone only title and total stay columns; the other figures are told below the title. */
function itemRow({ title, figures, details }: PaperRow): Html {
  const cells = figures.map((text, at) => html`<td class="${figureClass(at, figures)}">${text}</td>`);
  const told = details.map((detail) => html`<span>${detail}</span> `);
  return html`<tr>
    <th scope="row"><span dir="auto">${title}</span><span class="detail">${told}</span></th>
    ${cells}
  </tr> `;
}

const figureClass = (at: number, all: readonly unknown[]) =>
  at === all.length - 1 ? 'figure' : 'figure more';

function sumsList({ sums }: Paper): Html {
  return html`<dl class="sums">
    ${sums.map(
      ({ label, text }, at) =>
        html`<div${at === sums.length - 1 && html` class="paid"`}><dt>${label}</dt><dd>${text}</dd></div>`,
    )}
  </dl>`;
}

function taxTable({ rates }: Paper): Html | false {
  if (rates === null) return false;
  const [rateHead, ...amountHeads] = rates.head;
  const rows = rates.rows.map(
    ([rate, ...amounts]) =>
      html`<tr>
        <th scope="row">${rate}</th>
        ${amounts.map((amount) => html`<td class="figure">${amount}</td>`)}
      </tr>`,
  );
  return html`<table class="rates">
    <caption class="caption">
      ${rates.title}
    </caption>
    <thead>
      <tr>
        <th scope="col">${rateHead}</th>
        ${amountHeads.map((label) => html`<th scope="col" class="figure">${label}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
