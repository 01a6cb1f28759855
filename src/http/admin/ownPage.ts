import type { FastifyRequest } from 'fastify';
import { HttpProblem } from '../problem.ts';

/** What no page of another site can send without asking us first (CORS), and nobody but our own page is allowed to. */
export const ownPageHeader = 'x-fulfillment-csrf';

const looking = new Set(['GET', 'HEAD']);

/**
 * Insists that a request with a cookie was sent by our own page: it carries our header; a change names our origin; and
 * the browser does not say otherwise. A mere link or form of another site has none of it.
 *
 * @param ownOrigin scheme, host and port of the public address
 * @throws HttpProblem 403
 */
export function insistOnOwnPage(request: FastifyRequest, ownOrigin: string): void {
  const { origin, [ownPageHeader]: mark, 'sec-fetch-site': site } = request.headers;
  if (mark !== '1') throw foreign(`Send the header ${ownPageHeader}: 1.`);
  const originIsOurs = origin === ownOrigin || (origin === undefined && looking.has(request.method));
  if (!originIsOurs || (site !== undefined && site !== 'same-origin'))
    throw foreign('Use the console at its own address; programs send an access token instead of a cookie.');
}

/**
 * Insists that a form was sent from our own page, which can add no header: browsers name the origin of every form that is
 * posted. For what harms nobody, such as signing out.
 *
 * @throws HttpProblem 403
 */
export function insistOnOwnForm({ headers }: FastifyRequest, ownOrigin: string): void {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== ownOrigin || (site !== undefined && site !== 'same-origin'))
    throw foreign('Sign out on the page at its own address.');
}

const foreign = (remedy: string) =>
  new HttpProblem({
    status: 403,
    code: 'not_own_page',
    detail: 'This request does not come from our own page.',
    remedy,
  });
