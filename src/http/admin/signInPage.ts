import type { FastifyReply } from 'fastify';
import { html } from '../../domain/html.ts';
import type { SignInRefusal } from '../../staff/signIn.ts';
import { sendStaffPage } from './staffPage.ts';

interface Words {
  status: number;
  heading: string;
  text: string;
  /** What stands on the way back to the sign-in. */
  action?: string;
}

const pages: Record<SignInRefusal | 'unavailable' | 'too_many' | 'session_over' | 'signed_out', Words> = {
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
    action: 'Sign in again',
  },
  disabled: {
    status: 403,
    heading: 'You are shut out',
    text: 'An administrator has shut you out. Ask them why.',
    action: 'Sign in again',
  },
  no_role: {
    status: 403,
    heading: 'You have no role here',
    text: 'You are known, and may do nothing here. Ask an administrator for a role; if you have bought a book, this is the wrong door.',
    action: 'Sign in again',
  },
  session_over: {
    status: 401,
    heading: 'Your session has ended',
    text: 'It ends after 30 minutes without use, after eight hours, or when an administrator ends it.',
    action: 'Sign in again',
  },
  signed_out: {
    status: 200,
    heading: 'Signed out',
    text: 'Your session here has ended. At the identity provider you may be signed in still.',
    action: 'Sign in again',
  },
  unavailable: {
    status: 503,
    heading: 'Nobody can sign in just now',
    text: 'The identity provider or the database cannot be reached. Try again in a moment.',
    action: 'Try again',
  },
  too_many: {
    status: 429,
    heading: 'Too many sign-ins',
    text: 'These are more sign-ins than one address may begin in a minute. Try again in a moment.',
    action: 'Try again',
  },
};

/** A page for staff whose sign-in did not end well, or whose session has ended. It quotes nothing of the request. */
export function sendSignInPage(
  reply: FastifyReply,
  kind: keyof typeof pages,
  retryAfterSeconds?: number,
): FastifyReply {
  const { status, heading, text, action = 'Sign in' } = pages[kind];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="staff"');
  return sendStaffPage(reply, {
    status,
    heading,
    content: html`<p>${text}</p>
      <a class="action" href="/ops/sign-in">${action}</a>`,
  });
}
