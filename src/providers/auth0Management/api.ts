import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { callJson, type JsonAnswer } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';
import { auth0Fault } from './faults.ts';

export interface Auth0ConnectionOptions {
  /** The tenant's own address, for example `https://books.eu.auth0.com`: a custom domain does not serve this API. */
  baseUrl: string;
  /** A machine-to-machine application that may use the Management API. */
  clientId: string;
  clientSecret: string;
  /** From each call to the end of its answer. */
  timeoutMs: number;
  now(): Date;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

export interface Auth0Question<Body> {
  /** Below `/api/v2/`, without a slash in front. */
  path: string;
  query?: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  content?: object;
  shape: z.ZodType<Body>;
  signal: AbortSignal;
}

export interface Auth0Api {
  /** Never throws, but for the token: @throws Fault */
  ask<Body>(question: Auth0Question<Body>): Promise<JsonAnswer<Body>>;
  /** Asks for a token, whatever is at hand; the scopes that it carries. @throws Fault */
  scopes(signal: AbortSignal): Promise<string[]>;
}

const answerBytesMax = 1024 * 1024;
/** A token that is about to end may have ended when it arrives. */
const spareMs = 60_000;

const tokenShape = z.object({
  access_token: z.string().min(1).max(16_384),
  expires_in: z.number().positive(),
  scope: z.string().default(''),
});
type Token = z.infer<typeof tokenShape> & { endsAtMs: number };

/**
 * Auth0's Management API with a token of the client credentials grant (RFC 6749 §4.4), which is asked for once and kept
 * until shortly before its end: Auth0 bills and limits tokens of machines.
 *
 * @throws TypeError when an option cannot be used; the message repeats no secret
 */
export function connectAuth0(options: Auth0ConnectionOptions): Auth0Api {
  const { timeoutMs, now } = options;
  const { origin } = parseSecureUrl(options.baseUrl, 'The address of Auth0');
  const send = createOutboundFetch({ answerBytesMax, origins: [origin], fetch: options.fetch });
  let kept: { token: Promise<Token>; endsAtMs: number } | undefined;

  async function fetchToken(signal: AbortSignal): Promise<Token> {
    const askedAtMs = now().getTime();
    const answer = await callJson(send, {
      url: new URL('/oauth/token', origin),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: options.clientId,
        client_secret: options.clientSecret,
        audience: `${origin}/api/v2/`,
      }),
      timeoutMs,
      shape: tokenShape,
      signal,
    });
    if (answer.kind !== 'ok') throw new Fault(auth0Fault(answer));
    return { ...answer.body, endsAtMs: askedAtMs + answer.body.expires_in * 1000 - spareMs };
  }

  /** One question at a time: whoever comes meanwhile waits for the same answer. */
  function token(signal: AbortSignal): Promise<Token> {
    if (kept && kept.endsAtMs > now().getTime()) return kept.token;
    const asked = { token: fetchToken(signal), endsAtMs: Number.POSITIVE_INFINITY };
    kept = asked;
    asked.token.then(
      ({ endsAtMs }) => void (asked.endsAtMs = endsAtMs),
      () => {
        if (kept === asked) kept = undefined;
      },
    );
    return asked.token;
  }

  return {
    async ask({ path, query, content, shape, signal }) {
      const url = new URL(`/api/v2/${path}`, origin);
      for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
      const call = async () => {
        const { access_token: bearer } = await token(signal);
        return callJson(send, {
          url,
          method: content ? 'POST' : 'GET',
          headers: {
            authorization: `Bearer ${bearer}`,
            ...(content && { 'content-type': 'application/json' }),
          },
          ...(content && { body: JSON.stringify(content) }),
          timeoutMs,
          shape,
          signal,
        });
      };
      const answer = await call();
      if (answer.kind !== 'answer' || answer.status !== 401) return answer;
      // Taken back before its time, for example because the secret was exchanged.
      kept = undefined;
      return call();
    },

    async scopes(signal) {
      kept = undefined;
      const { scope } = await token(signal);
      return scope.split(' ').filter((word) => word !== '');
    },
  };
}
