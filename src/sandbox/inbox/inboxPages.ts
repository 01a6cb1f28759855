import type { FastifyInstance, FastifyReply } from 'fastify';
import { pageHeaders, renderPage } from '../htmlTemplate.ts';
import { findMail, findPart, sendPart, sendRaw, uidSchema } from './inboxApi.ts';
import { htmlPartFreedoms, mailView } from './mailView.ts';
import { mailListView } from './mailListView.ts';
import { parseMail } from './mailParsing.ts';
import { parseMailSearch } from './mailSearch.ts';
import type { MailStore } from './mailStore.ts';

type ListQuery = { q: string; page: number; refresh: 'on' | 'off' };
type MailParams = { Params: { uid: number } };

const mailsPerPage = 50;
const refreshSeconds = 5;
const params = { schema: { params: uidSchema } };

const listSchema = {
  type: 'object',
  properties: {
    q: { type: 'string', maxLength: 1000, default: '' },
    page: { type: 'integer', minimum: 1, default: 1 },
    refresh: { enum: ['on', 'off'], default: 'on' },
  },
};

/** A mail's HTML part may show itself, open links in a new window, and download what they lead to; nothing else. */
const htmlPartPolicy = [
  "default-src 'none'",
  "img-src 'self' data:",
  "style-src 'unsafe-inline'",
  'font-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
  `sandbox ${htmlPartFreedoms}`,
].join('; ');

export function addInboxPages(app: FastifyInstance, store: MailStore): void {
  app.get<{ Querystring: ListQuery }>(
    '/',
    { schema: { querystring: listSchema } },
    async (request, reply) => {
      const { q, page, refresh } = request.query;
      const start = (page - 1) * mailsPerPage;
      const found = await store.page({ where: parseMailSearch(q), limit: mailsPerPage, start });
      const lastPage = Math.max(1, Math.ceil(found.total / mailsPerPage));
      const body = mailListView({ query: q, page, lastPage, refresh: refresh === 'on', ...found });
      return reply.headers(pageHeaders).send(
        renderPage({
          title: q ? `Inbox: ${q}` : 'Inbox',
          body,
          refreshSeconds: refresh === 'on' && page === 1 ? refreshSeconds : undefined,
        }),
      );
    },
  );

  app.get<MailParams>('/mail/:uid', params, async (request, reply) => {
    const mail = await findMail(store, request.params.uid);
    if (!mail) return notFound(reply);
    const body = mailView(mail, await parseMail(mail.raw));
    return reply
      .headers(pageHeaders)
      .send(renderPage({ title: mail.subject || 'Mail without subject', body }));
  });

  app.get<MailParams>('/mail/:uid/html', params, async (request, reply) => {
    const mail = await findMail(store, request.params.uid);
    if (!mail) return notFound(reply);
    const parsed = await parseMail(mail.raw);
    const shown = parsed.parts.reduce(
      (markup, part) =>
        part.contentId
          ? markup.replaceAll(`cid:${part.contentId}`, `/mail/${mail.uid}/part/${part.partId}`)
          : markup,
      parsed.html,
    );
    return reply
      .headers({ ...pageHeaders, 'content-security-policy': htmlPartPolicy })
      .send(openLinksOutside(shown));
  });

  app.get<MailParams>('/mail/:uid/raw', params, async (request, reply) => {
    const mail = await findMail(store, request.params.uid);
    return mail ? sendRaw(reply, mail) : notFound(reply);
  });

  app.get<{ Params: { uid: number; part: number } }>(
    '/mail/:uid/part/:part',
    params,
    async (request, reply) => {
      const part = await findPart(store, request.params.uid, request.params.part);
      return part ? sendPart(reply, part) : notFound(reply);
    },
  );
}

/** The frame is sandboxed, so its links must leave it. The element goes after a doctype, to keep standards mode. */
function openLinksOutside(markup: string): string {
  const doctype = /^\s*<!doctype[^>]*>/i.exec(markup)?.[0] ?? '';
  return `${doctype}<base target="_blank">${markup.slice(doctype.length)}`;
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/plain').send('No such mail.');
}
