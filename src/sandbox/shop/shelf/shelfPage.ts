import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';
import { page } from '../../stripe/pages/frame.ts';
import type { Language } from '../../stripe/pages/frame.ts';
import { bookCover } from '../bookCover.ts';
import { shopTexts } from '../shopTexts.ts';
import type { BookFormat, Shelf, ShelfBook } from './shelfApi.ts';
import { shelfStyles } from './shelfStyles.ts';
import { shelfTexts } from './shelfTexts.ts';
import type { DownloadProblem, ShelfMessage, ShelfTexts } from './shelfTexts.ts';

export interface ShelfPageOptions {
  language: Language;
  shelf: Shelf;
  email: string;
  csrfToken: string;
  /** Whose shelf the link was to lead to, when that is somebody else's. */
  otherEmail?: string | undefined;
  problem?: DownloadProblem | undefined;
  /** Whether the buyer has asked the page to keep still. */
  paused: boolean;
  now: Date;
}

const patienceMs = 2 * 60_000;
const refreshSeconds = { soon: 3, later: 30 };

/** What a buyer owns. While something is being prepared, the page refreshes by itself, after a while more slowly. */
export function shelfPage(options: ShelfPageOptions): Html {
  const { language, shelf } = options;
  const t = shelfTexts[language];
  const unready = shelf.items.filter(isUnready);
  const soon = unready.some((book) => !isLate(book, options.now));
  return page({
    language,
    title: `${t.title} – ${shopTexts[language].name}`,
    styles: shelfStyles,
    ...(unready.length > 0 &&
      !options.paused && {
        refresh: { seconds: soon ? refreshSeconds.soon : refreshSeconds.later, path: '/shelf' },
      }),
    body: html`${shelfHeader(language)}
      <main>
        <h1>${t.title}</h1>
        ${accountBar(options, t)}
        ${options.problem && html`<p class="note bad" role="alert">${t.problems[options.problem]}</p>`}
        ${options.otherEmail && otherBuyerNote(options.otherEmail, t)}
        ${shelf.notice === 'email_not_verified' && notVerifiedNote(options.email, t)}
        ${unready.length > 0 && refreshNote(options.paused, t)}
        ${shelf.items.length === 0 && shelf.notice === undefined && emptyNote(options.email, t)}
        <ul class="shelf">
          ${shelf.items.map((book) => bookItem(book, options, t))}
        </ul>
      </main>`,
  });
}

/** A page that says one thing and leads back to the shelf. */
export function shelfMessagePage(language: Language, message: ShelfMessage): Html {
  const { title, text, link } = shelfTexts[language].messages[message];
  return page({
    language,
    title,
    ...(message === 'unavailable' && { refresh: { seconds: 5, path: '/shelf' } }),
    body: html`${shelfHeader(language)}
      <main class="narrow">
        <h1>${title}</h1>
        <p role="status">${text}</p>
        <p><a href="/shelf">${link}</a></p>
      </main>`,
  });
}

function shelfHeader(language: Language): Html {
  const t = shelfTexts[language];
  const other = language === 'en' ? 'pl' : 'en';
  return html`<header class="site">
    <a class="name" href="/?lang=${language}">${shopTexts[language].name}</a>
    <nav>
      <a href="/?lang=${language}">${t.backToShop}</a>
      <a href="/shelf?lang=${other}" lang="${other}" hreflang="${other}">${t.otherLanguage}</a>
    </nav>
  </header>`;
}

function accountBar({ email, csrfToken }: ShelfPageOptions, t: ShelfTexts): Html {
  return html`<form class="account" method="post" action="/shelf/sign-out">
    <span class="soft">${t.signedInAs(email)}</span>
    <input type="hidden" name="csrf" value="${csrfToken}" />
    <button class="quiet">${t.signOut}</button>
  </form>`;
}

function refreshNote(paused: boolean, t: ShelfTexts): Html {
  return html`<p class="soft">
    ${paused ? html`<a href="/shelf">${t.refresh}</a>` : html`${t.refreshes} <a href="/shelf?refresh=off">${t.pause}</a>`}
  </p>`;
}

function otherBuyerNote(email: string, t: ShelfTexts): Html {
  return html`<p class="note">
    ${t.otherBuyer(email)}
    <a href="/shelf/sign-in?email=${encodeURIComponent(email)}">${t.signInAs(email)}</a>
  </p>`;
}

function notVerifiedNote(email: string, t: ShelfTexts): Html {
  return html`<section class="note">
    <h2>${t.notVerifiedTitle}</h2>
    <p>${t.notVerified(email)}</p>
    <p>${t.notVerifiedHow}</p>
    <p><a href="/shelf/sign-in?email=${encodeURIComponent(email)}">${t.signInAgain}</a></p>
  </section>`;
}

function emptyNote(email: string, t: ShelfTexts): Html {
  return html`<section class="note">
    <p>${t.empty(email)}</p>
    <p>${t.emptyHint} <a href="/shelf">${t.lookAgain}</a></p>
  </section>`;
}

function bookItem(book: ShelfBook, options: ShelfPageOptions, t: ShelfTexts): Html {
  const { language, csrfToken, now } = options;
  const ready = book.status === 'active';
  return html`<li class="card" id="book-${book.id}">
    ${bookCover(book.title)}
    <div class="about">
      <h2 lang="${book.language}">${book.title}</h2>
      <p>
        <span class="badge ${ready ? 'ready' : 'waiting'}">${ready ? t.active : t.processing}</span>
        ${book.claim === 'pending' && html`<span class="soft">${t.guest}</span>`}
      </p>
      ${isUnready(book) && html`<p class="soft">${isLate(book, now) ? t.waitLonger : t.wait}</p>`}
      <div class="formats">
        ${book.formats.map((format) => formatButton(book, format, { csrfToken, language, t }))}
      </div>
      ${facts(book, language, t)}
    </div>
  </li>`;
}

function formatButton(
  book: ShelfBook,
  { format, status, sizeBytes }: BookFormat,
  { csrfToken, language, t }: { csrfToken: string; language: Language; t: ShelfTexts },
): Html {
  const name = format.toUpperCase();
  const label = `${t.download} ${name}`;
  const size = sizeBytes === undefined ? '' : sizeText(sizeBytes, language);
  if (status !== 'ready')
    return html`<button disabled>
      ${label} <small>${status === 'processing' ? t.soon : t.unavailable}</small>
    </button>`;
  return html`<form method="post" action="/shelf/download">
    <input type="hidden" name="csrf" value="${csrfToken}" />
    <input type="hidden" name="id" value="${book.id}" />
    <input type="hidden" name="format" value="${format}" />
    <button aria-label="${label} ${size}: ${book.title}">${label} <small>${size}</small></button>
  </form>`;
}

function facts(book: ShelfBook, language: Language, t: ShelfTexts): Html {
  const { orderId, lastDownloadAt, receiptUrl, creditNotes = [] } = book;
  const fact = (name: string, value: Html) =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl class="facts">
    ${fact(t.bought, timeText(book.purchasedAt, language))}
    ${fact(t.lastDownload, lastDownloadAt ? timeText(lastDownloadAt, language) : html`${t.never}`)}
    ${orderId !== null && fact(t.order, html`<code>${orderId}</code>`)}
    ${receiptUrl !== undefined && fact(t.receipt, html`<a href="${receiptUrl}">${t.openReceipt}</a>`)}
    ${creditNotes.map(({ number, url }) => fact(t.creditNote, html`<a href="${url}">${number}</a>`))}
  </dl>`;
}

function isUnready(book: ShelfBook): boolean {
  return book.status === 'processing' || book.formats.some((file) => file.status !== 'ready');
}

function isLate(book: ShelfBook, now: Date): boolean {
  return isUnready(book) && now.getTime() - book.purchasedAt.getTime() > patienceMs;
}

/** In the time zone of the machine the sandbox runs on, which is its reader's. */
function timeText(time: Date, language: Language): Html {
  const locale = language === 'en' ? 'en-GB' : language;
  const text = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
  return html`<time datetime="${time.toISOString()}">${text}</time>`;
}

function sizeText(sizeBytes: number, language: Language): string {
  const [size, unit] =
    sizeBytes < 1_000_000 ? [sizeBytes / 1000, 'kilobyte'] : [sizeBytes / 1_000_000, 'megabyte'];
  const digits = size < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: digits }).format(size);
}
