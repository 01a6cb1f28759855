import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';
import { isInquiry, isWithdrawn } from '../objects/dispute.ts';
import type { DisputeBody, DisputeStatus, RefundBody, RefundStatus } from '../objects/shapes.ts';
import type { Language } from '../pages/frame.ts';
import { decimalsOf, moneyText } from '../pages/moneyText.ts';
import { dashboardPage, stateOf, whenText } from './dashboardPages.ts';
import { dashboardTexts } from './dashboardTexts.ts';
import type { DashboardTexts } from './dashboardTexts.ts';
import type { ShownPayment } from './findPayments.ts';

interface Shown {
  payment: ShownPayment;
  language: Language;
  t: DashboardTexts;
}

/** One payment, with all that a shop and a bank may do to it. It works without scripts. */
export function paymentPage(options: { payment: ShownPayment; language: Language; error?: string }): Html {
  const { payment, language, error } = options;
  const { charge, intent } = payment;
  const t = dashboardTexts[language];
  const shown: Shown = { payment, language, t };
  const paid = charge.status === 'succeeded';
  return dashboardPage(
    language,
    {
      title: `${moneyText(charge.amount, charge.currency, language)} – ${charge.billing_details.email ?? t.payment}`,
      path: `/dashboard/${intent.id}`,
    },
    html`<p><a href="/dashboard?lang=${language}">${t.back}</a></p>
      <p>
        <strong>${stateOf(charge, language)}</strong> <span class="soft"><code>${intent.id}</code></span>
      </p>
      ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
      ${payment.items.length > 0 && itemsCard(shown)} ${charge.status === 'pending' && settleCard(shown)}
      ${paid && refundCard(shown)} ${paid && disputeCard(shown)} ${eventsCard(shown)}`,
  );
}

function itemsCard({ payment, language, t }: Shown): Html {
  return html`<section class="card">
    <h2>${t.lines}</h2>
    <table>
      <tbody>
        ${payment.items.map(
          (item) =>
            html`<tr>
              <td>${item.quantity} × ${item.description}</td>
              <td class="amount">${moneyText(item.amount_total, item.currency, language)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function settleCard({ payment, language, t }: Shown): Html {
  return html`<section class="card">
    <h2>${t.settleTitle}</h2>
    <form class="actions" ${target(payment)}>
      ${given('lang', language)}${given('action', 'settle')}
      <button name="status" value="succeeded">${t.settleYes}</button>
      <button class="bad" name="status" value="failed">${t.settleNo}</button>
    </form>
  </section>`;
}

function refundCard(shown: Shown): Html {
  const { payment, t } = shown;
  const { charge, refunds } = payment;
  const leftMinor = charge.amount - charge.amount_refunded;
  const held = payment.disputes.some(isWithdrawn);
  const why = leftMinor === 0 ? t.nothingLeft : held ? t.moneyHeld : undefined;
  return html`<section class="card">
    <h2>${t.refundTitle}</h2>
    ${
      refunds.length > 0 &&
      html`<ul>
        ${refunds.map((refund) => refundRow(refund, shown))}
      </ul>`
    }
    ${why === undefined ? refundForms(shown, leftMinor) : html`<p class="soft">${why}</p>`}
  </section>`;
}

function refundForms(shown: Shown, leftMinor: number): Html {
  const { payment, language, t } = shown;
  return html`<form class="actions" ${target(payment)}>
      ${given('lang', language)}${given('action', 'refund')}
      <button name="whole" value="yes">
        ${t.refundAll} (${moneyText(leftMinor, payment.charge.currency, language)})
      </button>
      <label class="choice"><input type="checkbox" name="pending" value="yes" /> ${t.pendingFirst}</label>
    </form>
    ${partForm(shown)}`;
}

function partForm({ payment, language, t }: Shown): Html {
  const { charge, items } = payment;
  const numeric = decimalsOf(charge.currency) === 0 ? 'numeric' : 'decimal';
  return html`<form class="part" ${target(payment)}>
    ${given('lang', language)}${given('action', 'refund')}
    <label
      >${t.amount} (${charge.currency.toUpperCase()})
      <input
        name="amount"
        inputmode="${numeric}"
        placeholder="${items.length > 0 && t.refundPartHint}"
        autocomplete="off"
    /></label>
    ${
      items.length > 0 &&
      html`<label
        >${t.whichLine}
        <select name="line">
          <option value="">${t.noLine}</option>
          ${items.map((item) => html`<option value="${item.id}">${item.description}</option>`)}
        </select></label
      >`
    }
    <label class="choice"><input type="checkbox" name="pending" value="yes" /> ${t.pendingFirst}</label>
    <button class="quiet">${t.refundPart}</button>
  </form>`;
}

function refundRow(refund: RefundBody, { payment, language, t }: Shown): Html {
  const later: RefundStatus[] = refund.status === 'succeeded' ? ['failed'] : ['succeeded', 'failed'];
  const outcomes = later.filter((status) => status !== refund.status);
  return html`<li>
    <span>
      <strong>${moneyText(refund.amount, refund.currency, language)}</strong> ${t.refundStatus[refund.status]}
      ${refund.metadata['fulfillment_lines'] && html`<br /><span class="soft">${refund.metadata['fulfillment_lines']}</span>`}
    </span>
    <form class="actions" ${target(payment)}>
      ${given('lang', language)}${given('action', 'refund-becomes')}${given('id', refund.id)}
      ${outcomes.map((status) => outcomeButton(status, t.refundOutcome[status], status === 'failed'))}
    </form>
  </li>`;
}

function disputeCard(shown: Shown): Html {
  const { payment, language, t } = shown;
  const { disputes } = payment;
  return html`<section class="card">
    <h2>${t.disputeTitle}</h2>
    ${
      disputes.length > 0
        ? html`<ul>
            ${disputes.map((dispute) => disputeRow(dispute, shown))}
          </ul>`
        : html`<form class="actions" ${target(payment)}>
            ${given('lang', language)}${given('action', 'dispute')}
            <button class="bad" name="status" value="needs_response">${t.openDispute}</button>
            <button class="quiet" name="status" value="warning_needs_response">${t.openInquiry}</button>
          </form>`
    }
  </section>`;
}

function disputeRow(dispute: DisputeBody, { payment, language, t }: Shown): Html {
  const steps: DisputeStatus[] = isInquiry(dispute.status)
    ? ['needs_response', 'warning_closed']
    : ['under_review', 'won', 'lost'];
  return html`<li>
    <span>
      <strong>${moneyText(dispute.amount, dispute.currency, language)}</strong>
      ${t.disputeStatus[dispute.status]}
    </span>
    <form class="actions" ${target(payment)}>
      ${given('lang', language)}${given('action', 'dispute-becomes')}${given('id', dispute.id)}
      ${steps
        .filter((status) => status !== dispute.status)
        .map((status) => outcomeButton(status, t.disputeOutcome[status] ?? status, status === 'lost'))}
    </form>
  </li>`;
}

function eventsCard({ payment, language, t }: Shown): Html {
  return html`<section class="card">
    <h2>${t.events}</h2>
    <p class="soft">${t.eventsIntro}</p>
    <div class="wide">
      <table>
        <tbody>
          ${payment.events.map(
            ({ type, created, undelivered }) =>
              html`<tr>
                <td>
                  <code>${type}</code> ${undelivered && html`<span class="error">${t.notDelivered}</span>`}
                </td>
                <td class="amount">${whenText(created, language)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function outcomeButton(status: string, label: string, bad: boolean): Html {
  return html`<button class="${bad ? 'bad' : 'quiet'}" name="status" value="${status}">${label}</button>`;
}

function target({ intent }: ShownPayment): Html {
  return html`method="post" action="/dashboard/${intent.id}"`;
}

function given(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}
