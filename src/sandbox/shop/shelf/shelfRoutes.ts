import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { languageOf, sendPage } from '../../stripe/pages/frame.ts';
import type { Language } from '../../stripe/pages/frame.ts';
import { SignInError } from './openIdClient.ts';
import type { OpenIdClient } from './openIdClient.ts';
import { isOwnForm } from './sessions.ts';
import type { Session, Sessions } from './sessions.ts';
import { ShelfRefusal } from './shelfApi.ts';
import type { ShelfApi } from './shelfApi.ts';
import { shelfMessagePage, shelfPage } from './shelfPage.ts';
import type { DownloadProblem } from './shelfTexts.ts';

export interface ShelfContext {
  openId: OpenIdClient;
  api: ShelfApi;
  sessions: Sessions;
  baseUrl: () => string;
  nowMs: () => number;
}

const query = z.object({
  email: z.string().trim().min(3).max(320).includes('@').optional().catch(undefined),
  lang: z.enum(['en', 'pl']).optional().catch(undefined),
  refresh: z.literal('off').optional().catch(undefined),
  problem: z.enum(['processing', 'gone', 'other']).optional().catch(undefined),
});
const ownForm = z.object({ csrf: z.string().max(200).catch('') }).catch({ csrf: '' });
const downloadForm = z.object({ id: z.string().min(1).max(100), format: z.string().min(1).max(20) });

const problems: Record<string, DownloadProblem> = {
  processing: 'processing',
  revoked: 'gone',
  not_found: 'gone',
};

/** The buyer's account centre: sign-in, shelf, downloads, sign-out. */
export function shelfRoutes(context: ShelfContext) {
  const { openId, api, sessions, baseUrl } = context;

  async function beginSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    wish: { email?: string | undefined; anew?: boolean },
  ): Promise<FastifyReply> {
    const found = sessionOf(request);
    const language = languageFor(request, found);
    const { url, underWay } = await openId.begin({
      redirectUri: `${baseUrl()}/shelf/callback`,
      loginHint: wish.email,
      anew: wish.anew ?? false,
    });
    const session = found ?? sessions.open({ language, buyer: null });
    session.signInUnderWay = { ...underWay, wantedEmail: wish.anew ? undefined : wish.email };
    return reply.header('set-cookie', sessions.cookieFor(session)).redirect(url, 303);
  }

  function sessionOf(request: FastifyRequest): Session | undefined {
    return sessions.find(request.headers.cookie);
  }

  return async (server: FastifyInstance): Promise<void> => {
    // The way back from the provider leads to one address only, and a cookie set under another would not be there.
    server.addHook('onRequest', async (request, reply) => {
      const atHome = request.host === new URL(baseUrl()).host;
      if (!atHome && request.method === 'GET') return reply.redirect(`${baseUrl()}${request.url}`, 307);
    });
    server.setErrorHandler((error, request, reply) => {
      const session = sessionOf(request);
      const language = languageFor(request, session);
      if (error instanceof SignInError)
        return sendPage(reply, shelfMessagePage(language, 'signInFailed'), 400);
      if (error instanceof ShelfRefusal && error.code === 'not_signed_in') {
        sessions.close(session);
        reply.header('set-cookie', sessions.cookieFor(null));
        return sendPage(reply, shelfMessagePage(language, 'signedOut'), 401);
      }
      request.log.error({ err: error }, 'the shelf failed');
      return sendPage(reply, shelfMessagePage(language, 'unavailable'), 503);
    });

    server.get('/shelf', async (request, reply) => {
      const { email, lang, problem, refresh } = query.parse(request.query);
      const session = sessionOf(request);
      if (!session?.buyer) return beginSignIn(request, reply, { email });
      session.language = lang ?? session.language;
      const { buyer, csrfToken } = session;
      const page = shelfPage({
        language: languageFor(request, session),
        shelf: await api.list(buyer.accessToken),
        email: buyer.email ?? buyer.subject,
        csrfToken,
        otherEmail: email && !isSameAddress(email, buyer.email) ? email : undefined,
        problem,
        paused: refresh === 'off',
        now: new Date(context.nowMs()),
      });
      return sendPage(reply, page);
    });

    server.get('/shelf/sign-in', (request, reply) =>
      beginSignIn(request, reply, { email: query.parse(request.query).email, anew: true }),
    );

    server.get('/shelf/callback', async (request, reply) => {
      const session = sessionOf(request);
      const underWay = session?.signInUnderWay;
      if (!session || !underWay) {
        // The same answer once more, say by going back in the browser: whoever is in stays in.
        if (session?.buyer) return reply.redirect('/shelf', 303);
        throw new SignInError('Nobody began to sign in here.');
      }
      session.signInUnderWay = null;
      const buyer = await openId.finish(new URL(request.url, baseUrl()).searchParams, underWay);
      // A new id, so that one known from before the sign-in is worth nothing after it.
      sessions.close(session);
      const signedIn = sessions.open({ language: session.language, buyer });
      const { wantedEmail } = underWay;
      const hint = wantedEmail && !isSameAddress(wantedEmail, buyer.email) ? wantedEmail : undefined;
      return reply
        .header('set-cookie', sessions.cookieFor(signedIn))
        .redirect(hint ? `/shelf?email=${encodeURIComponent(hint)}` : '/shelf', 303);
    });

    server.post('/shelf/download', async (request, reply) => {
      const session = sessionOf(request);
      if (!session?.buyer) return reply.redirect('/shelf', 303);
      const wanted = downloadForm.safeParse(request.body);
      if (!isOwn(request, session) || !wanted.success) return refuseForm(request, reply, session);
      try {
        return reply.redirect(await api.mintDownload(session.buyer.accessToken, wanted.data), 303);
      } catch (error) {
        if (!(error instanceof ShelfRefusal) || error.code === 'not_signed_in') throw error;
        return reply.redirect(`/shelf?problem=${problems[error.code] ?? 'other'}`, 303);
      }
    });

    server.post('/shelf/sign-out', async (request, reply) => {
      const session = sessionOf(request);
      if (session && !isOwn(request, session)) return refuseForm(request, reply, session);
      sessions.close(session);
      reply.header('set-cookie', sessions.cookieFor(null));
      const home = `${baseUrl()}/`;
      const idToken = session?.buyer?.idToken;
      // Without an answer from the provider, the shop at least forgets its own part.
      const next = idToken ? await openId.signOutUrl(idToken, home).catch(() => null) : null;
      return reply.redirect(next ?? home, 303);
    });
  };
}

function refuseForm(request: FastifyRequest, reply: FastifyReply, session: Session): FastifyReply {
  return sendPage(reply, shelfMessagePage(languageFor(request, session), 'foreignForm'), 403);
}

function isOwn(request: FastifyRequest, session: Session): boolean {
  return isOwnForm(session, ownForm.parse(request.body).csrf);
}

function languageFor(request: FastifyRequest, session: Session | undefined): Language {
  const { lang } = query.parse(request.query);
  return lang ?? session?.language ?? languageOf(request.headers['accept-language']);
}

function isSameAddress(one: string, other: string | null): boolean {
  return one.trim().toLowerCase() === other?.trim().toLowerCase();
}
