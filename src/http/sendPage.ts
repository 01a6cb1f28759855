import type { FastifyReply } from 'fastify';
import { hasForm, renderLinkPage, type LinkPage } from './pages/linkPage.ts';
import { styleSheet } from './pages/styleSheet.ts';
import { pagePolicy } from './securityHeaders.ts';

const policy = pagePolicy([styleSheet]);
const formPolicy = pagePolicy([styleSheet], { ownForms: true });

const statuses: Record<LinkPage['kind'], number> = {
  preparing: 202,
  expired: 410,
  limited: 429,
  revoked: 403,
  unknown: 404,
  noReceipt: 404,
  noCreditNote: 404,
  timedOut: 403,
  unavailable: 503,
  mailSent: 202,
  mailTooSoon: 429,
  stopReminders: 200,
  remindersStopped: 200,
};

/** Answers with one of our pages, under the strictest policy and kept by nobody. */
export function sendPage(reply: FastifyReply, page: LinkPage): FastifyReply {
  if (page.kind === 'preparing' || page.kind === 'unavailable') reply.header('retry-after', '5');
  if (page.againAt) reply.header('retry-after', secondsUntil(page.againAt));
  return reply
    .code(statuses[page.kind])
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-language', page.language)
    .header('content-security-policy', hasForm(page) ? formPolicy : policy)
    .header('cache-control', 'no-store')
    .send(renderLinkPage(page));
}

const secondsUntil = (moment: Date) => String(Math.max(1, Math.ceil((moment.getTime() - Date.now()) / 1000)));
