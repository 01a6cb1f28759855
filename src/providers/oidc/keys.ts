import { createRemoteJWKSet, customFetch } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { createOutboundFetch, parseSecureUrl, underDeadline } from '../outbound.ts';
import type { Fetch } from '../outbound.ts';

export interface IssuerKeysOptions {
  issuer: string;
  jwksUrl?: string | undefined;
  timeoutMs: number;
  cacheMaxAgeMs: number;
  cooldownMs: number;
  checkUrl: (text: string, option: string) => URL;
  fetch?: Fetch | undefined;
}

const discoveryShape = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** After a failed fetch the next one waits at least this long, however many tokens ask. */
const failureCooldownMs = 2_000;

/**
 * The issuer's public keys: found by discovery unless told where, cached, and fetched again for an unknown key id at
 * most once per cool-down. Rejects when they cannot be had.
 */
export function createIssuerKeys(options: IssuerKeysOptions): JWTVerifyGetKey {
  const send = holdAfterFailure(
    createOutboundFetch({ answerBytesMax: 512 * 1024, fetch: options.fetch }),
    Math.min(options.cooldownMs, failureCooldownMs),
  );
  let keys: Promise<JWTVerifyGetKey> | undefined;

  async function locate(): Promise<JWTVerifyGetKey> {
    const url = options.jwksUrl
      ? options.checkUrl(options.jwksUrl, 'The key set’s URL')
      : await discover(options, send);
    return createRemoteJWKSet(url, {
      timeoutDuration: options.timeoutMs,
      cooldownDuration: options.cooldownMs,
      cacheMaxAge: options.cacheMaxAgeMs,
      [customFetch]: send,
    });
  }

  return async (header, token) => {
    keys ??= locate();
    const pending = keys;
    try {
      return await (
        await pending
      )(header, token);
    } catch (thrown) {
      // A failed discovery is forgotten, so that the next token tries again.
      await pending.catch(() => (keys = undefined));
      throw thrown;
    }
  };
}

/** OpenID Connect Discovery 1.0 §4; an issuer without it keeps its keys at the customary place. */
async function discover({ issuer, timeoutMs, checkUrl }: IssuerKeysOptions, send: Fetch): Promise<URL> {
  const base = issuer.replace(/\/$/, '');
  const answer = await underDeadline(new AbortController().signal, timeoutMs, (signal) =>
    send(`${base}/.well-known/openid-configuration`, { signal }),
  );
  if (answer.status === 404) return checkUrl(`${base}/.well-known/jwks.json`, 'The key set’s URL');
  const found = discoveryShape.parse(await answer.json());
  if (found.issuer !== issuer) throw new Error('The discovery document belongs to another issuer.');
  return checkUrl(found.jwks_uri, 'The key set’s URL');
}

/** Remembers a failure for a moment, so that a down issuer is not asked once per request. */
function holdAfterFailure(send: Fetch, holdMs: number): Fetch {
  let failedAtMs = -Infinity;
  return async (url, init) => {
    if (performance.now() - failedAtMs < holdMs)
      throw new Error('The last fetch of the keys has just failed.');
    try {
      const answer = await send(url, init);
      if (answer.status !== 200 && answer.status !== 404) failedAtMs = performance.now();
      return answer;
    } catch (thrown) {
      failedAtMs = performance.now();
      throw thrown;
    }
  };
}

/** https, or http on loopback when a stand-in is expected there. */
export function urlCheck(allowHttp: boolean): (text: string, option: string) => URL {
  return (text, option) => {
    const url = parseSecureUrl(text, option);
    if (url.protocol === 'http:' && !allowHttp) throw new TypeError(`${option} must use https.`);
    return url;
  };
}
