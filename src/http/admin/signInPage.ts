import type { FastifyReply } from 'fastify';
import { html } from '../../domain/html.ts';
import type { SignInRefusal } from '../../staff/signIn.ts';
import { styleElement, styleSheet } from '../pages/styleSheet.ts';
import { pagePolicy } from '../securityHeaders.ts';

interface Words {
  status: number;
  heading: string;
  text: string;
}

const pages: Record<SignInRefusal | 'unavailable' | 'too_many', Words> = {
  not_begun_here: {
    status: 400,
    heading: 'Please sign in again',
    text: 'This sign-in was begun in another window or too long ago, or it is over already.',
  },
  denied: {
    status: 403,
    heading: 'Not signed in',
    text: 'The sign-in was cancelled, or the identity provider refused it.',
  },
  failed: {
    status: 400,
    heading: 'Not signed in',
    text: 'What the identity provider answered does not hold. If this stays, tell those who run this service.',
  },
  second_factor_missing: {
    status: 403,
    heading: 'A second factor is needed',
    text: 'Set up a second factor at the identity provider, such as an authenticator app or a passkey, and sign in again.',
  },
  disabled: {
    status: 403,
    heading: 'Shut out',
    text: 'An administrator has shut you out. Ask them why.',
  },
  unavailable: {
    status: 503,
    heading: 'Nobody can sign in just now',
    text: 'The identity provider or the database cannot be reached. Try again in a moment.',
  },
  too_many: {
    status: 429,
    heading: 'Too many sign-ins',
    text: 'These are more sign-ins than one address may begin in a minute. Try again in a moment.',
  },
};

const policy = pagePolicy([styleSheet]);

/** A page for staff whose sign-in did not end well. It quotes nothing of the request. */
export function sendSignInPage(
  reply: FastifyReply,
  kind: keyof typeof pages,
  retryAfterSeconds?: number,
): FastifyReply {
  const { status, heading, text } = pages[kind];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${heading}</title>
        ${styleElement}
      </head>
      <body>
        <main>
          <h1>${heading}</h1>
          <p>${text}</p>
          <a class="action" href="/ops/sign-in">Sign in</a>
        </main>
      </body>
    </html> `;
  return reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('cache-control', 'no-store')
    .send(page.markup);
}
