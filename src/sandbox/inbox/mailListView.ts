import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import type { MailSummary } from './mailStore.ts';

export type MailListViewOptions = {
  mails: MailSummary[];
  total: number;
  query: string;
  page: number;
  lastPage: number;
  refresh: boolean;
};

/** The list of mails, newest first, with search and pages. */
export function mailListView(view: MailListViewOptions): Html {
  return html`<main>
    <div class="row">
      <h1>Inbox</h1>
      <span class="quiet" role="status">${countOf(view)}</span>
      ${view.page === 1 ? refreshLink(view) : null}
    </div>
    <form role="search" action="/" method="get">
      <label for="q">Search by address, name or subject</label>
      <input type="search" id="q" name="q" value="${view.query}" />
      ${view.refresh ? null : html`<input type="hidden" name="refresh" value="off" />`}
      <button>Search</button>
    </form>
    ${
      view.mails.length > 0
        ? html`<div class="card">
            <ol class="list">
              ${view.mails.map(mailItem)}
            </ol>
          </div>`
        : html`<p>
            ${view.query ? 'No mail matches.' : 'No mail yet. Buy a book, and its receipt appears here.'}
          </p>`
    }
    ${view.lastPage > 1 ? pager(view) : null}
  </main>`;
}

function mailItem(mail: MailSummary): Html {
  return html`<li>
    <a href="/mail/${mail.uid}">${mail.subject || '(no subject)'}</a>
    <time class="quiet" datetime="${mail.receivedAt.toISOString()}">${shownTime(mail.receivedAt)}</time>
    <span class="wide quiet">
      To ${mail.recipients.join(', ')}${mail.from ? `, from ${mail.from.name || mail.from.address}` : ''}
      ${mail.attachmentCount > 0 ? ` · ${mail.attachmentCount} attached` : ''}
    </span>
    <span class="wide quiet snippet">${mail.snippet}</span>
  </li>`;
}

function countOf({ query, total }: MailListViewOptions): string {
  const noun = total === 1 ? 'mail' : 'mails';
  return query ? `${total} ${noun} found` : `${total} ${noun}`;
}

function refreshLink(view: MailListViewOptions): Html {
  const href = addressOf({ ...view, refresh: !view.refresh }, 1);
  return html`<a href="${href}">${view.refresh ? 'Pause refreshing' : 'Refresh every 5 seconds'}</a>`;
}

function pager(view: MailListViewOptions): Html {
  const { page, lastPage } = view;
  return html`<nav class="row" aria-label="Pages">
    ${page > 1 ? html`<a rel="prev" href="${addressOf(view, page - 1)}">Newer</a>` : null}
    <span>Page ${page} of ${lastPage}</span>
    ${page < lastPage ? html`<a rel="next" href="${addressOf(view, page + 1)}">Older</a>` : null}
  </nav>`;
}

function addressOf({ query, refresh }: MailListViewOptions, page: number): string {
  const wanted = new URLSearchParams();
  if (query) wanted.set('q', query);
  if (page > 1) wanted.set('page', String(page));
  if (!refresh) wanted.set('refresh', 'off');
  const text = wanted.toString();
  return text ? `/?${text}` : '/';
}

/** Time of arrival, to the second. */
export function shownTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
