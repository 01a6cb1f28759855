import { html, trustedHtml } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import { localeOf } from '../../domain/locale.ts';
import type { Language } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import { readableOn, shopColour } from '../../domain/shop.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import { style } from './style.ts';

/** What a template hands back. */
export interface MailContent {
  subject: string;
  html: string;
  text: string;
}

/** Mail clients cut a message of more than about 102,000 bytes; ours stay below this. */
export const htmlBudgetBytes = 95_000;

export interface Layout {
  language: Language;
  shop: ShopIdentity;
  subject: string;
  /** What inboxes show beside the subject. */
  preview: string;
  content: Html;
  footer: Html;
}

const dark = trustedHtml(`
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 520px) {
  .page { padding: 0 !important; }
  .sheet { padding: 32px 22px 28px !important; border-width: 0 0 1px !important; border-radius: 0 !important; }
  .foot { padding: 24px 22px 32px !important; }
  .fact { width: 100% !important; }
  .action, .quiet { padding: 10px 15px !important; }
}
@media (prefers-color-scheme: dark) {
  .page { background: #0f1216 !important; }
  .sheet { background: #181c22 !important; border-color: #2c323b !important; }
  .ink { color: #eceff3 !important; }
  .soft { color: #a3acb9 !important; }
  .line { border-color: #2c323b !important; }
  .quiet { border-color: #4a525e !important; }
  .action { border-color: rgba(255, 255, 255, 0.16) !important; }
  .note { background: #20252d !important; color: #d5dae1 !important; }
}
`);

/**
 * Outlook with Word's engine knows neither max-width nor padding of blocks, and takes Times where it does not know the
 * first font: this gives it a sheet and a font. All others read a comment.
 */
const forWord = {
  head: trustedHtml(
    '<!--[if mso]><style>* { font-family: "Segoe UI", Arial, sans-serif !important; }</style><![endif]-->',
  ),
  open: trustedHtml(
    '<!--[if mso]><table role="presentation" align="center" width="560" cellspacing="0" cellpadding="24" bgcolor="#ffffff"><tr><td><![endif]-->',
  ),
  close: trustedHtml('<!--[if mso]></td></tr></table><![endif]-->'),
};

/** The one frame of all mails: readable without images, in light and dark, on phones and in narrow panes. */
export function mailPage({ language, shop, subject, preview, content, footer }: Layout): string {
  const shopName = printableText(shop.name, 80);
  return html`<!doctype html>
    <html lang="${localeOf(language)}" dir="ltr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <title>${subject}</title>
        <style>
          ${dark}
        </style>
        ${forWord.head}
      </head>
      <body class="page" style="${style.body}">
        <div style="${style.preview}">${preview}</div>
        <div
          class="page"
          role="article"
          aria-label="${subject}"
          lang="${localeOf(language)}"
          style="${style.page}"
        >
          ${forWord.open}
          <div class="sheet" style="${style.sheet}">
            <div style="${style.mark(shopColour(shop))}"></div>
            <p class="ink" style="${style.shop}">${shopName}</p>
            ${content}
          </div>
          <div class="foot" style="${style.foot}">${footer}</div>
          ${forWord.close}
        </div>
      </body>
    </html> `.markup;
}

export function heading(text: string): Html {
  return html`<h1 class="ink" style="${style.heading}">${text}</h1>`;
}

export function paragraph(text: string): Html {
  return html`<p class="ink" style="${style.paragraph}">${text}</p>`;
}

export function note(text: string): Html {
  return html`<p class="note" style="${style.note}">${text}</p>`;
}

/** A link that stands as its own address, for those who type it elsewhere. */
export function plainLink(url: string): Html {
  const href = webAddress(url);
  return html`<a class="ink" href="${href}" style="${style.link}">${href}</a>`;
}

/** A link that looks like a button: filled with the shop's colour, or quiet. */
export function button(
  label: string,
  url: string,
  { shop, quiet }: { shop: ShopIdentity; quiet?: boolean },
): Html {
  const colour = shopColour(shop);
  const href = webAddress(url);
  return quiet
    ? html`<a class="ink quiet" href="${href}" style="${style.quietButton}">${label}</a>`
    : html`<a class="action" href="${href}" style="${style.button(colour, readableOn(colour))}">${label}</a>`;
}

/** Only our own web addresses become links; anything else is a bug worth stopping for. */
export function webAddress(url: string): string {
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new TypeError('A link in a mail must be a web address.');
  }
  return parsed.href;
}
