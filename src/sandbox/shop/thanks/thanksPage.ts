import type { Stripe } from 'stripe';
import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';
import { languageOf, page } from '../../stripe/pages/frame.ts';
import type { Language } from '../../stripe/pages/frame.ts';
import { moneyText } from '../../stripe/pages/moneyText.ts';
import type { ShopLinks } from '../shopLinks.ts';
import { shopTexts } from '../shopTexts.ts';
import { thanksStyles } from './thanksStyles.ts';
import { thanksTexts } from './thanksTexts.ts';

export interface ThanksOptions {
  links: ShopLinks;
  /** The fulfilment API, as browsers reach it. */
  apiBaseUrl: string;
}

/**
 * The page after the checkout: what was bought and what happens next. With JavaScript it shows how far everything has
 * come; without, it says what will happen, and that happens too.
 */
export function thanksPage(session: Stripe.Checkout.Session, { links, apiBaseUrl }: ThanksOptions): Html {
  const language = languageOf(session.locale);
  const t = thanksTexts[language];
  const { name, backToShop } = shopTexts[language];
  if (session.status !== 'complete') return unfinishedPage(session, language);
  const paid = session.payment_status !== 'unpaid';
  return page({
    language,
    title: `${t.thanks} ${name}`,
    styles: thanksStyles,
    body: html`<main class="narrow">
        <h1>${t.thanks}</h1>
        <p role="status" data-live="state">${paid ? t.paid : t.waiting}</p>
        ${livePart(session.id, apiBaseUrl, language)} ${orderTable(session, language)}
        <h2>${t.nextTitle}</h2>
        <ol class="next">
          <li>
            ${t.nextMail}
            ${
              session.customer_details?.email &&
              html`${t.nextMailTo} <b data-live="address">${session.customer_details.email}</b>.`
            }
            <a href="${links.inbox}">${t.openInbox}</a>
          </li>
          <li>${t.nextLinks}</li>
          <li>${t.nextShelf} <a href="${shelfLink(session, language)}">${t.openShelf}</a></li>
        </ol>
        <p><a href="/?lang=${language}">${backToShop}</a></p>
        <p class="soft">${t.reference} <code>${session.id}</code></p>
      </main>
      <script type="module" src="/thanks.js"></script>`,
  });
}

/** Hidden until the script has something to show. */
function livePart(sessionId: string, apiBaseUrl: string, language: Language): Html {
  const { live, progressTitle } = thanksTexts[language];
  const config = JSON.stringify({ api: apiBaseUrl, sessionId, texts: live });
  const step = (name: keyof typeof live.steps) =>
    html`<li data-live="step-${name}" class="toCome">
      <b>${live.steps[name]}</b> <span data-live="said-${name}">${live.toCome}</span>
    </li>`;
  return html`<section id="live" aria-label="${progressTitle}" data-config="${config}" hidden>
    <ol class="steps" data-live="steps">
      ${step('payment')} ${step('books')} ${step('mail')}
    </ol>
    <div class="ask" role="alert" data-live="suggestion" hidden>
      <h2>${live.askTitle}</h2>
      <p data-live="question"></p>
      <button type="button" data-live="take"></button>
      <button type="button" class="quiet" data-live="keep">${live.keep}</button>
    </div>
    <p class="corrected" role="status" data-live="corrected" hidden></p>
    <ul class="copies" data-live="books"></ul>
  </section>`;
}

/** The shelf, with the buyer's address as a hint for signing in. */
function shelfLink(session: Stripe.Checkout.Session, language: Language): string {
  const email = session.customer_details?.email;
  return `/shelf?${new URLSearchParams({ lang: language, ...(email && { email }) }).toString()}`;
}

function orderTable(session: Stripe.Checkout.Session, language: Language): Html {
  const t = thanksTexts[language];
  const money = (amountMinor: number | null) =>
    moneyText(amountMinor ?? 0, session.currency ?? 'eur', language);
  return html`<table aria-label="${t.order}">
    <tbody>
      ${(session.line_items?.data ?? []).map(
        (item) =>
          html`<tr>
            <td>${item.description}</td>
            <td class="count">× ${item.quantity}</td>
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
  const t = thanksTexts[language];
  const { name, backToShop } = shopTexts[language];
  const body = html`<main class="narrow">
    <h1>${t.open}</h1>
    ${session.url && html`<p><a href="${session.url}">${t.goOnPaying}</a></p>`}
    <p><a href="/?lang=${language}">${backToShop}</a></p>
  </main>`;
  return page({ language, title: name, body });
}
