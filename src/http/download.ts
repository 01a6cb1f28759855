import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Telemetry } from '../ports/telemetry.ts';
import type { DeliverableFile, FollowLink, LinkRefusal } from '../shelf/followLink.ts';
import { preferredLanguage } from './acceptLanguage.ts';
import { reportError } from './errors.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { announceFile, sendStretch, sendUnsatisfiable, wantedRange } from './sendFile.ts';
import { sendPage } from './sendPage.ts';

export interface DownloadRouteOptions {
  followLink: FollowLink;
  telemetry: Telemetry;
  shop: ShopFace;
}

const path = z.object({ '*': z.string() });
const header = z.string().optional().catch(undefined);

/** Why the browser asks, in the names of several ages. */
function purposeOf({ headers }: FastifyRequest): string | undefined {
  const said = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => header.parse(headers[name]));
  return said.find((value) => value !== undefined);
}

/** `GET` and `HEAD /d/<token>`: the link of mails and shelf, which brings the book itself. A wildcard, so that mangled links get a page as well. */
export function downloadRoutes({ followLink, telemetry, shop }: DownloadRouteOptions) {
  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: LinkRefusal) =>
    sendPage(reply, { language: preferredLanguage(request.headers['accept-language']), shop, ...refusal });

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
        return refuse(request, reply, followed);
      },
      errorHandler: (error, request, reply) => {
        reportError(telemetry, error, 'follow_link');
        const language = preferredLanguage(request.headers['accept-language']);
        void sendPage(reply, { kind: 'unavailable', language, shop });
      },
    });
  };
}
