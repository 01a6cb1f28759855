/** A piece of markup that is already safe to show. */
export type Html = { readonly markup: string };

type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** Template tag: everything put into the template is escaped, except markup made by this tag. */
export function html(pieces: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const markup = pieces.map((piece, index) => (index === 0 ? piece : toMarkup(values[index - 1]) + piece));
  return { markup: markup.join('') };
}

function toMarkup(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('markup' in value) return value.markup;
  return value.map(toMarkup).join('');
}

/** Escapes text for an element's content or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Headers for a page without scripts that loads nothing from elsewhere. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export type PageOptions = { title: string; body: Html; refreshSeconds?: number | undefined };

/** A whole page in the sandbox's look: light and dark, readable from a phone, no scripts. */
export function renderPage({ title, body, refreshSeconds }: PageOptions): string {
  const refresh = refreshSeconds ? html`<meta http-equiv="refresh" content="${refreshSeconds}" />` : '';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh}
        <title>${title}</title>
        <style>
          ${{ markup: stylesheet }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.markup;
}

const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1a1d23; --quiet: #565d6b; --line: #d9dde4; --accent: #1d4fd7;
  --on-accent: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --card: #1d2026; --ink: #e9ebef; --quiet: #a6adba; --line: #353a44; --accent: #8fb0ff;
    --on-accent: #10131a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--quiet); font-size: .9rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
.list { list-style: none; margin: 0; padding: 0; }
.list > li { padding: .6rem .9rem; display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; }
.list > li + li { border-top: 1px solid var(--line); }
.list a { font-weight: 600; overflow-wrap: anywhere; }
.list .wide { grid-column: 1 / -1; overflow-wrap: anywhere; }
.snippet { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
form { margin: .5rem 0; }
label { display: block; margin: .5rem 0 .2rem; }
input[type='search'], input[type='email'] {
  font: inherit; color: inherit; background: var(--card); padding: .45rem .6rem; width: 100%; max-width: 26rem;
  border: 1px solid var(--quiet); border-radius: .4rem;
}
.gate { max-width: 27rem; margin: 8vh auto 0; }
.gate .card { padding: 1.5rem; }
.gate h1 { margin-top: 0; }
.gate input[type='email'] { max-width: none; }
.gate button { width: 100%; padding: .65rem 1rem; margin-top: 1rem; }
.gate button.second { background: transparent; color: var(--accent); border: 1px solid var(--accent); margin-top: .6rem; }
.gate .choice { display: flex; gap: .5rem; align-items: baseline; margin-top: .8rem; }
.gate .stand-in { padding: 0 1.5rem; }
button {
  font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); cursor: pointer;
  border: 0; border-radius: .4rem; padding: .5rem 1rem; margin-top: .5rem;
}
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; padding: .7rem .9rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: .9rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9rem; }
iframe { display: block; width: 100%; height: 60rem; border: 0; background: #ffffff; resize: vertical; }
.mail { margin-top: 1rem; }
@media (max-width: 34rem) { .list > li { grid-template-columns: 1fr; } iframe { height: 70rem; } }
details + details { margin-top: .5rem; }
details > summary { cursor: pointer; padding: .5rem .9rem; }
`;
