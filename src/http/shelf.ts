import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formats } from '../domain/effectKey.ts';
import type { FreshMails } from '../shelf/freshMail.ts';
import type { ListShelf } from '../shelf/listShelf.ts';
import type { MintDownload, MintedDownload } from '../shelf/mintDownload.ts';
import { authenticate } from './bearer.ts';
import { claimRoutes, type ClaimRouteOptions, notVerified } from './claims.ts';
import { allowOrigins } from './crossOrigin.ts';
import { HttpProblem, type Problem } from './problem.ts';

export interface ShelfRouteOptions extends ClaimRouteOptions {
  freshMails: Pick<FreshMails, 'byOwner'>;
  listShelf: ListShelf;
  mintDownload: MintDownload;
  /** Origins of the shop's pages; none by default. */
  allowedOrigins?: string[];
}

const path = z.object({ id: z.uuid() });
/** What is wanted of `POST /v1/shelf/:id/download`. */
export const downloadBody = z.object({ format: z.enum(formats) });

/** `GET /v1/shelf`, `POST /v1/shelf/:id/download` and `…/mail`, and how a shelf is claimed. */
export function shelfRoutes(options: ShelfRouteOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    allowOrigins(server, options.allowedOrigins ?? []);
    await server.register(claimRoutes(options));

    server.get('/v1/shelf', async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const shelf = await options.listShelf(buyer);
      return reply.header('cache-control', 'no-store').send(shelf);
    });

    server.post('/v1/shelf/:id/mail', { bodyLimit: 1024 }, async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const { data: address } = path.safeParse(request.params);
      const asked = address && (await options.freshMails.byOwner(buyer, address.id));
      if (!asked || asked.outcome === 'not_found') throw new HttpProblem(shelfRefusals.not_found);
      if (asked.outcome === 'not_owed') throw new HttpProblem(shelfRefusals.revoked);
      if (asked.outcome === 'too_soon') throw new HttpProblem(mailTooSoon(asked.againAt));
      return reply.code(202).header('cache-control', 'no-store').send({ outcome: asked.outcome });
    });

    server.post('/v1/shelf/:id/download', { bodyLimit: 1024 }, async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const wanted = downloadBody.safeParse(request.body);
      if (!wanted.success) {
        throw new HttpProblem(shelfRefusals.format_unknown);
      }
      const { data: address } = path.safeParse(request.params);
      const minted: MintedDownload =
        address === undefined
          ? { kind: 'not_found' }
          : await options.mintDownload(buyer, address.id, wanted.data.format);
      if (minted.kind !== 'minted') throw new HttpProblem(refusal(minted));
      const { url, format, expiresAt } = minted;
      return reply.code(201).header('cache-control', 'no-store').send({ url, format, expiresAt });
    });
  };
}

/** One in ten minutes, three in a day. */
export function mailTooSoon(againAt: Date): Problem {
  return {
    status: 429,
    code: 'mail_too_soon',
    detail: 'A mail with fresh links went out a short while ago.',
    remedy: `Look for it, also among spam, or ask again after ${againAt.toISOString()}.`,
    retryAfterSeconds: Math.max(1, Math.ceil((againAt.getTime() - Date.now()) / 1000)),
  };
}

type Refused = Exclude<MintedDownload, { kind: 'minted' }>;

/** What is refused of a shelf; the same words for what is not there and what is somebody else's. */
export const shelfRefusals = {
  not_found: { status: 404, code: 'not_found', detail: 'There is no such ebook on your shelf.' },
  email_not_verified: notVerified,
  processing: {
    status: 409,
    code: 'processing',
    detail: 'The files of this ebook are still being prepared.',
    remedy: 'Try again in a moment.',
    retryAfterSeconds: 5,
  },
  revoked: {
    status: 403,
    code: 'revoked',
    detail: 'Access to this ebook has ended.',
    remedy: 'Ask support why.',
  },
  format_unknown: {
    status: 400,
    code: 'invalid_input',
    field: 'format',
    detail: 'The format is missing or not known.',
    remedy: `Send {"format": "…"} with one of: ${formats.join(', ')}.`,
  },
} as const satisfies Record<string, Problem>;

function refusal(refused: Refused): Problem {
  return refused.kind === 'format_not_offered'
    ? formatNotOffered(refused.formats)
    : shelfRefusals[refused.kind];
}

export function formatNotOffered(offered: readonly string[]): Problem {
  return {
    status: 400,
    code: 'format_not_offered',
    field: 'format',
    detail: 'This ebook does not come in that format.',
    remedy: `Choose one of: ${offered.join(', ')}.`,
  };
}
