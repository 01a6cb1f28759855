import type { Stripe } from 'stripe';
import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { moneyText } from '../stripe/pages/moneyText.ts';
import { languageOf, page } from '../stripe/pages/frame.ts';
import type { Language } from '../stripe/pages/frame.ts';
import { bookCover } from './bookCover.ts';
import type { ShopLinks } from './shopLinks.ts';
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

/** The page after the checkout: what was bought and what happens next. */
export function thanksPage(session: Stripe.Checkout.Session, links: ShopLinks): Html {
  const language = languageOf(session.locale);
  const t = shopTexts[language];
  if (session.status !== 'complete') return unfinishedPage(session, language);
  const paid = session.payment_status !== 'unpaid';
  return page({
    language,
    title: `${t.thanks} ${t.name}`,
    body: html`<main class="narrow">
      <h1>${t.thanks}</h1>
      <p role="status">${paid ? t.paid : t.waiting}</p>
      ${orderTable(session, language)}
      <h2>${t.nextTitle}</h2>
      <ol class="next">
        <li>
          ${t.nextMail}
          ${session.customer_details?.email && html`${t.nextMailTo} <b>${session.customer_details.email}</b>.`}
          <a href="${links.inbox}">${t.openInbox}</a>
        </li>
        <li>${t.nextLinks}</li>
        <li>${t.nextShelf} <a href="${shelfLink(session, language)}">${t.openShelf}</a></li>
      </ol>
      <p><a href="/?lang=${language}">${t.backToShop}</a></p>
      <p class="soft">${t.reference} <code>${session.id}</code></p>
    </main>`,
  });
}

/** The shelf, with the buyer's address as a hint for signing in. */
function shelfLink(session: Stripe.Checkout.Session, language: Language): string {
  const email = session.customer_details?.email;
  return `/shelf?${new URLSearchParams({ lang: language, ...(email && { email }) }).toString()}`;
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

function siteHeader({ language, currency, currencies }: FrontPageOptions, t: ShopTexts): Html {
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

function orderTable(session: Stripe.Checkout.Session, language: Language): Html {
  const t = shopTexts[language];
  const money = (amountMinor: number | null) =>
    moneyText(amountMinor ?? 0, session.currency ?? 'eur', language);
  return html`<table aria-label="${t.order}">
    <tbody>
      ${(session.line_items?.data ?? []).map(
        (item) =>
          html`<tr>
            <td>${item.description}</td>
            <td>× ${item.quantity}</td>
            <td class="amount">${money(item.amount_total)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="2">${t.total}</th>
        <td class="amount"><strong>${money(session.amount_total)}</strong></td>
      </tr>
    </tfoot>
  </table>`;
}

function unfinishedPage(session: Stripe.Checkout.Session, language: Language): Html {
  const t = shopTexts[language];
  const body = html`<main class="narrow">
    <h1>${t.open}</h1>
    ${session.url && html`<p><a href="${session.url}">${t.goOnPaying}</a></p>`}
    <p><a href="/?lang=${language}">${t.backToShop}</a></p>
  </main>`;
  return page({ language, title: t.name, body });
}
