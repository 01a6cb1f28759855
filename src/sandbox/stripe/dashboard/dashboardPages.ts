import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';
import type { ChargeBody } from '../objects/shapes.ts';
import { page } from '../pages/frame.ts';
import type { Language } from '../pages/frame.ts';
import { moneyText } from '../pages/moneyText.ts';
import { dashboardTexts } from './dashboardTexts.ts';
import type { DashboardTexts } from './dashboardTexts.ts';

/** The newest payments, each a link to where it can be refunded and disputed. */
export function paymentsPage(options: { language: Language; charges: ChargeBody[]; wanted: string }): Html {
  const { language, charges, wanted } = options;
  const t = dashboardTexts[language];
  return dashboardPage(
    language,
    { title: t.title, path: '/dashboard' },
    html`<p class="soft">${t.intro}</p>
      <form class="find" method="get" action="/dashboard" role="search">
        <input type="hidden" name="lang" value="${language}" />
        <label>${t.search} <input type="search" name="q" value="${wanted}" /></label>
        <button>${t.find}</button>
      </form>
      ${
        charges.length === 0
          ? html`<p>${t.empty}</p>`
          : html`<div class="wide">
              <table>
                <thead>
                  <tr>
                    <th scope="col">${t.buyer}</th>
                    <th scope="col">${t.when}</th>
                    <th scope="col">${t.state}</th>
                    <th scope="col" class="amount">${t.amount}</th>
                  </tr>
                </thead>
                <tbody>
                  ${charges.map((charge) => paymentRow(charge, language, t))}
                </tbody>
              </table>
            </div>`
      }`,
  );
}

/** A page of the dashboard. */
export function dashboardPage(
  language: Language,
  { title, path }: { title: string; path: string },
  body: Html,
): Html {
  const t = dashboardTexts[language];
  const other = language === 'en' ? 'pl' : 'en';
  return page({
    language,
    title,
    styles,
    body: html`<header class="site">
        <h1>${title}</h1>
        <nav><a href="${path}?lang=${other}" lang="${other}" hreflang="${other}">${t.otherLanguage}</a></nav>
      </header>
      <main>${body}</main>`,
  });
}

/** What has become of a charge, in a few words. */
export function stateOf(charge: ChargeBody, language: Language): string {
  const t = dashboardTexts[language];
  if (charge.status === 'pending') return t.waiting;
  if (charge.status === 'failed') return t.refused;
  const refunded = charge.amount_refunded > 0;
  return [
    refunded ? `${t.refunded} ${moneyText(charge.amount_refunded, charge.currency, language)}` : t.paid,
    ...(charge.disputed ? [t.disputed] : []),
  ].join(', ');
}

/** A moment as people of that language write it. */
export function whenText(
  unixSeconds: number,
  language: Language,
  timeStyle: 'short' | 'medium' = 'medium',
): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle }).format(unixSeconds * 1000);
}

function paymentRow(charge: ChargeBody, language: Language, t: DashboardTexts): Html {
  const { email, name } = charge.billing_details;
  return html`<tr>
    <td>
      <a href="/dashboard/${charge.payment_intent}?lang=${language}"
        >${email ?? charge.receipt_email ?? name ?? t.payment}</a
      >
    </td>
    <td class="when">${whenText(charge.created, language, 'short')}</td>
    <td>${stateOf(charge, language)}</td>
    <td class="amount">${moneyText(charge.amount, charge.currency, language)}</td>
  </tr>`;
}

const styles: Html = {
  markup: `
.wide { overflow-x: auto; }
form.find { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 1rem 0; }
form.find label { flex: 1 1 14rem; }
form.find button, .actions button { width: auto; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; }
.actions button, .part button { padding: .5rem .9rem; }
button.bad { background: transparent; color: var(--bad); border: 1px solid var(--bad); }
section.card { margin: 1rem 0; }
section.card table { margin: 0; }
td.when { white-space: nowrap; }
.card ul + form.actions, .card ul + p { border-top: 1px solid var(--line); padding-top: 1rem; margin-top: .25rem; }
.part { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); align-items: end; margin: 0; border-top: 1px solid var(--line); padding-top: 1rem; }
.part label > input:not([type=checkbox]), .part select { height: 2.9rem; }
label.choice { display: flex; width: auto; }
td a { overflow-wrap: anywhere; }
.card ul { list-style: none; padding: 0; margin: 0; }
.card li + li { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .75rem; }
.card li { display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between; align-items: center; }
input[type=checkbox] { display: inline; width: auto; margin: 0; }
`,
};
