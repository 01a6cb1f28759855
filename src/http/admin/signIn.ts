import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../ports/clock.ts';
import type { SignInTerms } from '../../ports/staff.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { SignInAnswer, StaffSignIn } from '../../staff/signIn.ts';
import type { StaffDesk } from '../../staff/staffDesk.ts';
import { isPassing, reportError } from '../errors.ts';
import { takePlainForms } from '../plainForm.ts';
import { refuseOtherMethods } from '../otherMethods.ts';
import { addressKey } from './addressKey.ts';
import { staffCookies } from './cookies.ts';
import { createHome } from './home.ts';
import { insistOnOwnForm, insistOnOwnPage } from './ownPage.ts';
import { createRateLimiter } from './rateLimit.ts';
import { sendSignInPage } from './signInPage.ts';

export interface SignInRouteOptions {
  signIn: StaffSignIn;
  desk: Pick<StaffDesk, 'ofSession' | 'signOut'>;
  /** What the command line needs to sign somebody in. Public. */
  terms: SignInTerms;
  /** Where the world reaches this service. */
  publicBaseUrl: string;
  telemetry: Telemetry;
  clock: Pick<Clock, 'elapsedMs'>;
  /** Of one address in a minute: each asks the identity provider something. Default 30. */
  perMinuteMax?: number;
}

export const signInPaths = {
  home: '/ops/',
  signIn: '/ops/sign-in',
  callback: '/ops/callback',
  signOut: '/ops/sign-out',
  terms: '/ops/sign-in/terms',
} as const;

/** The redirect URI, exactly as it is registered at the identity provider. */
export const callbackUrl = (publicBaseUrl: string) => new URL(signInPaths.callback, publicBaseUrl).href;

const formType = 'application/x-www-form-urlencoded';

/** `begin` and `finish` last as long as the cookies that carry them. */
const signInSeconds = 600;

/** Sign-in of staff in the browser, on our server: the browser never sees a token of the identity provider. */
export function signInRoutes(options: SignInRouteOptions): FastifyPluginAsync {
  const { signIn, desk, terms, publicBaseUrl, telemetry, clock, perMinuteMax = 30 } = options;
  const limiter = createRateLimiter({ clock, perMinuteMax });
  const cookies = staffCookies(publicBaseUrl);
  const ownOrigin = new URL(publicBaseUrl).origin;

  async function begin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { location, underWay } = await signIn.begin(textOf(request.query, 'return'));
    return reply.header('set-cookie', cookies.signIn.set(underWay, signInSeconds)).redirect(location, 303);
  }

  async function finish(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { cookie } = request.headers;
    const end = await signIn.finish(answerIn(request.query), {
      underWay: cookies.signIn.read(cookie),
      sessionToken: cookies.session.read(cookie),
    });
    if (!end.ok) {
      // One that another tab began meanwhile goes on.
      if (end.refusal !== 'not_begun_here') reply.header('set-cookie', cookies.signIn.clear());
      return sendSignInPage(reply, end.refusal);
    }
    return reply
      .header('set-cookie', [cookies.signIn.clear(), cookies.session.set(end.sessionToken, end.lastsSeconds)])
      .redirect(end.returnTo, 303);
  }

  /** People look at these answers, so troubles are pages too. */
  const asPage =
    (answer: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      reply.header('cache-control', 'no-store');
      const waitSeconds = limiter.take(addressKey(request.ip));
      if (waitSeconds > 0) return sendSignInPage(reply, 'too_many', waitSeconds);
      try {
        return await answer(request, reply);
      } catch (error) {
        if (!isPassing(error)) throw error;
        reportError(telemetry, error, `${request.method} ${request.routeOptions.url ?? ''}`);
        return sendSignInPage(reply, 'unavailable', 5);
      }
    };

  const home = createHome({
    ...{ desk, cookies, ownOrigin },
    ...{ signInPath: signInPaths.signIn, signOutPath: signInPaths.signOut },
  });

  /** By our own page's script, which gets no content, or by its form, which gets a page. */
  async function signOut(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const byForm = request.headers['content-type']?.startsWith(formType) === true;
    if (byForm) insistOnOwnForm(request, ownOrigin);
    else insistOnOwnPage(request, ownOrigin);
    const token = cookies.session.read(request.headers.cookie);
    if (token !== undefined) await desk.signOut(token);
    reply.header('set-cookie', cookies.session.clear());
    return byForm
      ? sendSignInPage(reply, 'signed_out')
      : reply.code(204).header('cache-control', 'no-store').send();
  }

  /** Apart, so that a form is read here and nowhere else. */
  async function signOutRoute(server: FastifyInstance): Promise<void> {
    takePlainForms(server);
    server.post(signInPaths.signOut, { bodyLimit: 1024 }, signOut);
  }

  return async (server: FastifyInstance): Promise<void> => {
    server.get(signInPaths.signIn, { exposeHeadRoute: false }, asPage(begin));
    server.get(signInPaths.callback, { exposeHeadRoute: false }, asPage(finish));
    server.get(signInPaths.terms, async (_request, reply) =>
      reply.header('cache-control', 'no-store').send(terms),
    );
    for (const url of [signInPaths.home, signInPaths.home.slice(0, -1)]) {
      server.get(url, { exposeHeadRoute: false }, asPage(home));
      refuseOtherMethods(server, url, ['GET']);
    }
    await server.register(signOutRoute);
    refuseOtherMethods(server, signInPaths.signIn, ['GET']);
    refuseOtherMethods(server, signInPaths.callback, ['GET']);
    refuseOtherMethods(server, signInPaths.terms, ['GET', 'HEAD']);
    refuseOtherMethods(server, signInPaths.signOut, ['POST']);
  };
}

function answerIn(query: unknown): SignInAnswer {
  return {
    code: textOf(query, 'code'),
    state: textOf(query, 'state'),
    iss: textOf(query, 'iss'),
    error: textOf(query, 'error'),
  };
}

const parameterLengthMax = 4_000;

/** A parameter that stands there once; twice is none. */
function textOf(query: unknown, name: string): string | undefined {
  const value: unknown =
    typeof query === 'object' && query !== null && Object.hasOwn(query, name)
      ? (query as Record<string, unknown>)[name]
      : undefined;
  return typeof value === 'string' && value.length <= parameterLengthMax ? value : undefined;
}
