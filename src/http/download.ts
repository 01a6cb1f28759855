import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Telemetry } from '../ports/telemetry.ts';
import type { FreshMails } from '../shelf/freshMail.ts';
import type { DeliverableFile, FollowLink, LinkRefusal } from '../shelf/followLink.ts';
import { preferredLanguage } from './acceptLanguage.ts';
import { reportError } from './errors.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { announceFile, sendStretch, sendUnsatisfiable, wantedRange } from './sendFile.ts';
import { takePlainForms } from './plainForm.ts';
import { sendPage } from './sendPage.ts';

export interface DownloadRouteOptions {
  followLink: FollowLink;
  freshMails: Pick<FreshMails, 'byLink'>;
  telemetry: Telemetry;
  shop: ShopFace;
}

const path = z.object({ '*': z.string() });
const mailEnding = '/mail';
const header = z.string().optional().catch(undefined);

/** Why the browser asks, in the names of several ages. */
function purposeOf({ headers }: FastifyRequest): string | undefined {
  const said = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => header.parse(headers[name]));
  return said.find((value) => value !== undefined);
}

/**
 * `GET` and `HEAD /d/<token>`: the link of mails and shelf, which brings the book itself; `POST /d/<token>/mail` from the
 * page of one that has expired. Wildcards, so that mangled links get a page as well.
 */
export function downloadRoutes({ followLink, freshMails, telemetry, shop }: DownloadRouteOptions) {
  const pageOf = (request: FastifyRequest) => ({
    language: preferredLanguage(request.headers['accept-language']),
    shop,
  });
  /** The page of an expired link has a button: opening it sends nothing. */
  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: LinkRefusal, token?: string) =>
    sendPage(reply, {
      ...pageOf(request),
      ...refusal,
      ...(refusal.kind === 'expired' && token !== undefined && { freshMailPath: `/d/${token}${mailEnding}` }),
    });

  async function deliver(request: FastifyRequest, reply: FastifyReply, file: DeliverableFile) {
    const range = wantedRange(request, file);
    if (range === 'unsatisfiable') return sendUnsatisfiable(reply, file);
    if (request.method === 'HEAD') return announceFile(reply, file, range).send();
    const begun = await file.begin(range);
    if (begun.kind !== 'begun') return refuse(request, reply, begun);
    return sendStretch(announceFile(reply, file, range), begun);
  }

  return async (server: FastifyInstance): Promise<void> => {
    server.route({
      method: ['GET', 'HEAD'],
      url: '/d/*',
      handler: async (request, reply) => {
        const token = path.parse(request.params)['*'];
        const followed = await followLink(token, {
          method: request.method,
          clientAddress: request.ip,
          userAgent: request.headers['user-agent'],
          purpose: purposeOf(request),
        });
        if (followed.kind === 'redirect') {
          return reply.header('cache-control', 'no-store').redirect(followed.url, 302);
        }
        if (followed.kind === 'file') return deliver(request, reply, followed.file);
        return refuse(request, reply, followed, token);
      },
      errorHandler: (error, request, reply) => {
        reportError(telemetry, error, 'follow_link');
        void sendPage(reply, { kind: 'unavailable', ...pageOf(request) });
      },
    });
    await server.register(freshMailRoute);
  };

  /** Apart, so that a form is read here and nowhere else. */
  async function freshMailRoute(server: FastifyInstance): Promise<void> {
    takePlainForms(server);
    server.setErrorHandler((error, request, reply) => {
      reportError(telemetry, error, 'ask_fresh_mail');
      void sendPage(reply, { kind: 'unavailable', ...pageOf(request) });
    });
    server.post('/d/*', { bodyLimit: 1024 }, async (request, reply) => {
      const asked = path.parse(request.params)['*'];
      const page = asked.endsWith(mailEnding)
        ? await freshMails.byLink(asked.slice(0, -mailEnding.length))
        : ({ kind: 'unknown' } as const);
      return sendPage(reply, { ...pageOf(request), ...page });
    });
  }
}
