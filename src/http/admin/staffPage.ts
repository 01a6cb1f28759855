import type { FastifyReply } from 'fastify';
import { html, type Html, trustedHtml } from '../../domain/html.ts';
import { styleElement, styleSheet } from '../pages/styleSheet.ts';
import { pagePolicy } from '../securityHeaders.ts';

export interface StaffPage {
  status: number;
  heading: string;
  content: Html;
  /** It has a form that is sent to us. */
  hasForm?: boolean;
}

const ownSheet = `
main > *:last-child { margin-bottom: 0; }
dl { margin: 0 0 16px; display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; }
dt { color: var(--soft); }
dd { margin: 0; }
code { font: 0.92em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
button.action { border: 0; font: inherit; font-weight: 600; line-height: 1.55; cursor: pointer; }
button.action:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (max-width: 420px) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 10px; }
}
`;
const ownElement = trustedHtml(`<style>${ownSheet}</style>`);
const policies = {
  plain: pagePolicy([styleSheet, ownSheet]),
  withForm: pagePolicy([styleSheet, ownSheet], { ownForms: true }),
};

/** Answers with a page for staff, kept by nobody. */
export function sendStaffPage(
  reply: FastifyReply,
  { status, heading, content, hasForm = false }: StaffPage,
): FastifyReply {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${heading}</title>
        ${styleElement}${ownElement}
      </head>
      <body>
        <p class="shop">Fulfillment: operations</p>
        <main>
          <h1>${heading}</h1>
          ${content}
        </main>
      </body>
    </html> `;
  // Without a referrer browsers would hide the origin of a form, and we could not tell it from another site's.
  if (hasForm) reply.header('referrer-policy', 'same-origin');
  return reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', hasForm ? policies.withForm : policies.plain)
    .header('cache-control', 'no-store')
    .send(page.markup);
}
