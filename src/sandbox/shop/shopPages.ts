import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { moneyText } from '../stripe/pages/moneyText.ts';
import { page } from '../stripe/pages/frame.ts';
import type { Language } from '../stripe/pages/frame.ts';
import { bookCover } from './bookCover.ts';
import { shopTexts } from './shopTexts.ts';
import type { ShopTexts } from './shopTexts.ts';

export interface ShopBook {
  id: string;
  title: string;
  description: string;
  /** By currency, in minor units, tax included. */
  prices: Record<string, { id: string; amountMinor: number }>;
}

interface FrontPageOptions {
  language: Language;
  books: ShopBook[];
  currency: string;
  currencies: string[];
  /** Where payments are refunded and disputed. */
  dashboardUrl: string;
}

/** The front page: every book with its price and a button. */
export function frontPage(options: FrontPageOptions): Html {
  const { language, books } = options;
  const t = shopTexts[language];
  return page({
    language,
    title: t.name,
    body: html`${siteHeader(options, t)}
      <main>
        <p>${t.intro}</p>
        ${books.length === 0 && html`<p>${t.empty}</p>`}
        <ul class="books">
          ${books.map((book) => bookCard(book, options, t))}
        </ul>
      </main>`,
  });
}

/** A page that only says something. */
export function messagePage(language: Language, message: 'notFound' | 'unavailable'): Html {
  const t = shopTexts[language];
  const title = t[`${message}Title`];
  const body = html`<main class="narrow">
    <h1>${title}</h1>
    <p>${t[message]}</p>
    <p><a href="/">${t.backToShop}</a></p>
  </main>`;
  return page({ language, title, body });
}

function siteHeader(options: FrontPageOptions, t: ShopTexts): Html {
  const { language, currency, currencies, dashboardUrl } = options;
  const other = language === 'en' ? 'pl' : 'en';
  return html`<header class="site">
    <h1>${t.name}</h1>
    <nav class="currencies" aria-label="${t.currency}">
      ${currencies.map(
        (code) =>
          html`<a href="/?lang=${language}&currency=${code}" ${code === currency && html`aria-current="true"`}
            >${code.toUpperCase()}</a
          >`,
      )}
    </nav>
    <nav>
      <a href="/shelf?lang=${language}">${t.yourShelf}</a>
      <a href="${dashboardUrl}?lang=${language}">${t.dashboard}</a>
      <a href="/?lang=${other}" lang="${other}" hreflang="${other}">${t.otherLanguage}</a>
    </nav>
  </header>`;
}

function bookCard(book: ShopBook, { language, currency }: FrontPageOptions, t: ShopTexts): Html {
  const price = book.prices[currency];
  return html`<li class="card">
    ${bookCover(book.title)}
    <h2>${book.title}</h2>
    <p class="soft">${book.description}</p>
    ${
      price
        ? html`<form method="post" action="/buy">
            <p>
              <span class="price">${moneyText(price.amountMinor, currency, language)}</span>
              <small class="soft">${t.inclTax}</small>
            </p>
            <input type="hidden" name="price" value="${price.id}" />
            <input type="hidden" name="lang" value="${language}" />
            <button aria-label="${t.buy}: ${book.title}">${t.buy}</button>
          </form>`
        : html`<p class="soft">${t.notSold}</p>`
    }
  </li>`;
}
