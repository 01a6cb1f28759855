import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';
import { moneyText } from './moneyText.ts';
import type { ItemBody, SessionBody } from '../objects/shapes.ts';
import { checkoutTexts } from './checkoutTexts.ts';
import type { CheckoutTexts } from './checkoutTexts.ts';
import { page } from './frame.ts';
import type { Language } from './frame.ts';

/** What the buyer has typed so far, by field name. */
export type CheckoutFields = Record<string, string>;

export interface CheckoutPageOptions {
  session: SessionBody;
  items: ItemBody[];
  language: Language;
  fields: CheckoutFields;
  error?: 'emailMissing' | 'quantityWrong';
}

const countries = { en: 'IE GB AT CZ DE ES FR IT NL PL SE US', pl: 'PL AT CZ DE ES FR GB IE IT NL SE US' };

/** The hosted checkout page of an open session. It works without scripts. */
export function checkoutPage(options: CheckoutPageOptions): Html {
  const { session, language, fields } = options;
  const t = checkoutTexts[language];
  const other = language === 'en' ? 'pl' : 'en';
  const field = (name: string, label: string, attributes: Html = html``) =>
    html`<label>${label} <input name="${name}" value="${fields[name] ?? ''}" ${attributes} /></label>`;
  return page({
    language,
    title: t.title,
    body: html`<header class="site narrow">
        <h1>${t.title}</h1>
        <nav><a href="?lang=${other}" lang="${other}" hreflang="${other}">${t.otherLanguage}</a></nav>
      </header>
      <main class="narrow">
        <p class="soft">${t.intro}</p>
        ${options.error && html`<p class="error" role="alert">${t[options.error]}</p>`}
        <form class="pay card" method="post" action="/c/pay/${session.id}">
          <input type="hidden" name="locale" value="${language}" />
          ${cartTable(options, t)}
          ${field('email', t.email, html`type="email" autocomplete="email" required`)}
          ${field('name', t.name, html`autocomplete="name" required`)} ${companyFields(field, fields, t)}
          <label>${t.country} ${countrySelect(language, fields['country'])}</label>
          ${session.amount_total > 0 && methodChoice(session, fields['method'] ?? 'card', t)}
          <button name="action" value="pay">
            ${
              session.amount_total > 0
                ? `${t.pay} ${moneyText(session.amount_total, session.currency, language)}`
                : t.getFree
            }
          </button>
          ${options.items.some((item) => item.adjustable_quantity?.enabled) && updateButton(t)}
        </form>
        ${session.cancel_url && html`<p><a href="${session.cancel_url}">${t.cancel}</a></p>`}
      </main>`,
  });
}

/** What a buyer sees at a session that takes no payment any more. */
export function closedPage(language: Language, state: 'done' | 'expired'): Html {
  const t = checkoutTexts[language];
  const title = state === 'done' ? t.doneTitle : t.expiredTitle;
  const body = html`<main class="narrow">
    <h1>${title}</h1>
    <p>${t[state]}</p>
  </main>`;
  return page({ language, title, body });
}

function cartTable({ session, items, language }: CheckoutPageOptions, t: CheckoutTexts): Html {
  const money = (amountMinor: number) => moneyText(amountMinor, session.currency, language);
  const { amount_discount: discount, amount_tax: tax } = session.total_details;
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${t.book}</th>
        <th scope="col">${t.quantity}</th>
        <th scope="col" class="amount">${t.amount}</th>
      </tr>
    </thead>
    <tbody>
      ${items.map(
        (item) =>
          html`<tr>
            <td>${item.description}</td>
            <td>${quantityField(item, t)}</td>
            <td class="amount">${money(item.amount_subtotal)}</td>
          </tr>`,
      )}
      ${
        discount > 0 &&
        html`<tr>
          <td colspan="2">${t.discount}</td>
          <td class="amount">${money(-discount)}</td>
        </tr>`
      }
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="2">${t.total} <small class="soft">${t.taxIncluded} ${money(tax)}</small></th>
        <td class="amount"><strong>${money(session.amount_total)}</strong></td>
      </tr>
    </tfoot>
  </table>`;
}

/** Comes after the button that pays, because the first one of a form is what the Enter key presses. */
function updateButton(t: CheckoutTexts): Html {
  return html`<button class="quiet" name="action" value="update" formnovalidate>${t.update}</button>`;
}

function quantityField(item: ItemBody, t: CheckoutTexts): Html {
  const limits = item.adjustable_quantity;
  if (!limits?.enabled) return html`${item.quantity}`;
  return html`<input
    type="number"
    name="quantity:${item.id}"
    aria-label="${t.quantity}: ${item.description}"
    min="${Math.max(1, limits.minimum ?? 1)}"
    max="${limits.maximum ?? 99}"
    value="${item.quantity}"
  />`;
}

function companyFields(
  field: (name: string, label: string, attributes?: Html) => Html,
  given: CheckoutFields,
  t: CheckoutTexts,
): Html {
  const begun = ['business_name', 'tax_id', 'line1', 'postal_code', 'city'].some((name) => given[name]);
  return html`<details class="company" ${begun && html`open`}>
    <summary>${t.company} <small>(${t.optional})</small></summary>
    <div>
      ${field('business_name', t.companyName, html`autocomplete="organization"`)}
      ${field('tax_id', t.taxId, html`placeholder="${t.taxIdHint}"`)}
      ${field('line1', t.line1, html`autocomplete="address-line1"`)}
      ${field('postal_code', t.postalCode, html`autocomplete="postal-code"`)}
      ${field('city', t.city, html`autocomplete="address-level2"`)}
    </div>
  </details>`;
}

function countrySelect(language: Language, chosen: string | undefined): Html {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  return html`<select name="country" autocomplete="country">
    ${countries[language]
      .split(' ')
      .map(
        (code) =>
          html`<option value="${code}" ${code === chosen && html`selected`}>
            ${names.of(code) ?? code}
          </option>`,
      )}
  </select>`;
}

function methodChoice({ payment_method_types: types }: SessionBody, chosen: string, t: CheckoutTexts): Html {
  const methods = {
    ...(types.includes('card') && { card: t.card }),
    ...(types.includes('blik') && { blik_delayed: t.blikLater, blik_refused: t.blikRefused }),
    ...(types.includes('p24') && { p24: t.p24 }),
    ...(types.includes('sepa_debit') && { sepa_debit: t.sepaDebit }),
  };
  return html`<fieldset>
    <legend>${t.method}</legend>
    <div>
      ${Object.entries(methods).map(
        ([value, label]) =>
          html`<label class="choice">
            <input type="radio" name="method" value="${value}" ${value === chosen && html`checked`} />
            ${label}
          </label>`,
      )}
    </div>
  </fieldset>`;
}
