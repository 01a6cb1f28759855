import type { FastifyReply } from 'fastify';
import { html } from '../../htmlTemplate.ts';
import type { Html } from '../../htmlTemplate.ts';

export type Language = 'en' | 'pl';

/** Polish for a Polish locale, English for every other. */
export function languageOf(locale: string | null | undefined): Language {
  return locale?.toLowerCase().startsWith('pl') ? 'pl' : 'en';
}

export interface PageOptions {
  language: Language;
  title: string;
  body: Html;
  /** What this page adds to the style sheet. */
  styles?: Html;
  /** Loads a page of the same site after a while. */
  refresh?: { seconds: number; path: string };
}

/** A whole page: no script, one style sheet, light and dark. */
export function page(options: PageOptions): Html {
  const { refresh } = options;
  return html`<!doctype html>
    <html lang="${options.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refresh && html`<meta http-equiv="refresh" content="${refresh.seconds}; url=${refresh.path}" />`}
        <title>${options.title}</title>
        <style>
          ${styles} ${options.styles}
        </style>
      </head>
      <body>
        ${options.body}
      </body>
    </html> `;
}

/** No script, nothing from elsewhere. */
export const strictPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/** Sends a page with headers that let nothing foreign in. */
export function sendPage(
  reply: FastifyReply,
  content: Html,
  status = 200,
  policy = strictPolicy,
): FastifyReply {
  return reply
    .code(status)
    .header('Cache-Control', 'no-store')
    .header('Content-Security-Policy', policy)
    .header('Referrer-Policy', 'no-referrer')
    .header('X-Content-Type-Options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(content.markup);
}

const styles: Html = {
  markup: `
:root { --ink: #1d2433; --soft: #5b6478; --paper: #fff; --ground: #f5f4f0; --line: #dcd9d0; --accent: #1f4e5f; --on-accent: #fff; --bad: #a3232c; --good: #1c6b3c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceae4; --soft: #a9adb8; --paper: #20242c; --ground: #16191f; --line: #3a404c; --accent: #8cc8dc; --on-accent: #10202e; --bad: #ff9aa2; --good: #86d6a4; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main, header.site, footer { max-width: 62rem; margin: 0 auto; padding: 1.25rem; }
main.narrow { max-width: 34rem; }
header.site { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; justify-content: space-between; border-bottom: 1px solid var(--line); }
header.site h1, header.site .name { font-size: 1.25rem; margin: 0; font-weight: bold; }
header.site .name { color: inherit; text-decoration: none; }
header.site.narrow { max-width: 34rem; }
@media (max-width: 34rem) { nav.currencies { order: 1; flex-basis: 100%; } }
[aria-current] { color: inherit; font-weight: bold; text-decoration: none; }
code { overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 1rem 0 .5rem; }
h2 { font-size: 1.2rem; margin: 0 0 .25rem; }
p { margin: .4rem 0; }
.soft, footer { color: var(--soft); font-size: .92rem; }
.error { color: var(--bad); font-weight: bold; }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .25rem .9rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.books { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1.25rem; padding: 0; list-style: none; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: 1.1rem; display: flex; flex-direction: column; gap: .5rem; }
.card form { margin-top: auto; }
.cover { height: 11rem; font-family: Georgia, 'Times New Roman', serif; border-radius: .3rem; display: flex; align-items: flex-end; padding: 1rem; color: #fff; font-size: 1.15rem; line-height: 1.25;
  background: linear-gradient(150deg, hsl(var(--hue) 45% 42%), hsl(calc(var(--hue) + 40) 55% 22%)); }
.price { font-size: 1.25rem; font-weight: bold; }
form.pay { display: grid; gap: .9rem; }
label, legend { font-weight: bold; }
label.choice { font-weight: normal; display: flex; gap: .5rem; align-items: baseline; padding: .2rem 0; }
label small, legend small { font-weight: normal; color: var(--soft); }
input:not([type=radio]), select { display: block; width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit; font-weight: normal; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .35rem; }
fieldset { border: 1px solid var(--line); border-radius: .4rem; padding: .7rem 1rem 1rem; margin: 0; display: grid; gap: .7rem; }
button { font: inherit; font-weight: bold; padding: .7rem 1.2rem; border: 0; border-radius: .4rem; background: var(--accent); color: var(--on-accent); cursor: pointer; width: 100%; }
button:disabled { background: transparent; color: var(--soft); border: 1px dashed var(--soft); cursor: not-allowed; }
button.quiet { background: transparent; color: var(--accent); border: 1px solid var(--accent); }
table { width: 100%; border-collapse: collapse; margin: .75rem 0; }
td input[type=number] { max-width: 6rem; }
th small { font-weight: normal; }
th, td { text-align: left; padding: .45rem .3rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.amount, th.amount { text-align: right; white-space: nowrap; }
details.company { border: 1px solid var(--line); border-radius: .4rem; padding: .7rem 1rem; }
details.company summary { font-weight: bold; cursor: pointer; }
details.company summary small { font-weight: normal; color: var(--soft); }
details.company > div { display: grid; gap: .7rem; margin-top: .7rem; }
ol.next { padding-left: 1.2rem; }
ol.next li { margin: .5rem 0; }
`,
};
