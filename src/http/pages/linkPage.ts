import { html, type Html } from '../../domain/html.ts';
import type { Language } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import { markOf } from './marks.ts';
import { styleElement } from './styleSheet.ts';
import { words, type PageKind, type Words } from './words.ts';

/** Whose name stands on the pages, and where they lead. */
export interface ShopFace {
  name: string;
  /** The page where buyers find their shelf. */
  shelfUrl?: string;
  supportEmail?: string;
  /** IANA name of the zone in which times are told; default UTC. */
  timeZone?: string;
}

export interface LinkPage {
  kind: PageKind;
  language: Language;
  shop: ShopFace;
  /** Title of the book, when the link is known. */
  title?: string;
  /** From when a limited download works again. */
  againAt?: Date;
  /** Where a fresh mail is asked for; without it the page offers none. */
  freshMailPath?: string;
}

/** How long the page waits before it looks again by itself. */
const refreshSeconds: Partial<Record<PageKind, number>> = { preparing: 5, unavailable: 30 };

/** Pages on which something can be pressed that changes something. */
export const hasForm = ({ kind, freshMailPath }: Pick<LinkPage, 'kind' | 'freshMailPath'>): boolean =>
  kind === 'stopReminders' || freshMailPath !== undefined;

const titleMax = 120;

/** A page of its own, without scripts, pictures or anything else to load. */
export function renderLinkPage(page: LinkPage): string {
  const { kind, language, shop, title, againAt } = page;
  const all = words[language];
  const { heading, paragraphs } = all.pages[kind];
  const refresh = refreshSeconds[kind];
  const written = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${heading} · ${shop.name}</title>
        ${styleElement}
      </head>
      <body>
        <p class="shop" dir="auto">${shop.name}</p>
        <main>
          ${markOf(kind)}
          <h1>${heading}</h1>
          ${title !== undefined && bookLine(title, all)} ${paragraphs.map((text) => html`<p>${text}</p>`)}
          ${againAt !== undefined && againLine(againAt, page)} ${action(page, all)} ${help(all, shop)}
        </main>
      </body>
    </html> `;
  return written.markup;
}

/** The title may be in any script and direction; the label in front of it is for those who cannot see its frame. */
function bookLine(title: string, all: Words): Html {
  return html`<p class="book">
    <span class="hidden">${all.book}: </span><bdi>${printableText(title, titleMax)}</bdi>
  </p>`;
}

function action({ kind, shop, freshMailPath }: LinkPage, all: Words): Html | false {
  // An empty address is the page itself.
  if (kind === 'preparing') {
    return html`<div class="bar" aria-hidden="true"><i></i></div>
      ${button('', all.checkAgain)}`;
  }
  if (kind === 'unavailable') return button('', all.checkAgain);
  if (kind === 'stopReminders') return form('', all.stopReminders);
  const leadsToShelf = kind === 'expired' || kind === 'unknown' || kind === 'timedOut';
  const toShelf = leadsToShelf ? shop.shelfUrl : undefined;
  if (freshMailPath === undefined) return toShelf !== undefined && button(toShelf, all.toShelf);
  return html`${form(freshMailPath, all.freshMail)}
  ${toShelf !== undefined && html`<p class="other"><a href="${toShelf}">${all.toShelf}</a></p>`}`;
}

/** To the minute, rounded up: before that it would not work yet. */
function againLine(againAt: Date, { kind, language, shop }: LinkPage): Html {
  const minute = new Date(Math.ceil(againAt.getTime() / 60_000) * 60_000);
  const { timeZone = 'UTC' } = shop;
  const told = new Intl.DateTimeFormat(language === 'pl' ? 'pl-PL' : 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone,
  }).format(minute);
  return html`<p>
    ${kind === 'mailTooSoon' ? words[language].mailAgain : words[language].again}
    <strong><time datetime="${minute.toISOString()}">${told}</time></strong> (${timeZone})
  </p>`;
}

/** A form of its own page: one button, and what it does is done by nothing but a press of it. */
const form = (action: string, label: string) =>
  html`<form method="post" action="${action}"><button class="action">${label}</button></form>`;

const button = (href: string, label: string) => html`<p><a class="action" href="${href}">${label}</a></p>`;

function help(all: Words, { supportEmail }: ShopFace): Html | false {
  if (supportEmail === undefined) return false;
  return html`<p class="help">${all.support} <a href="mailto:${supportEmail}">${supportEmail}</a></p>`;
}
