import { createRemoteJWKSet, customFetch } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { createOutboundFetch, parseSecureUrl, underDeadline } from '../outbound.ts';
import type { Fetch } from '../outbound.ts';

export interface IssuerOptions {
  /** Exactly as in the tokens, with or without the slash at the end. */
  issuer: string;
  /** Default: found by discovery. */
  jwksUrl?: string | undefined;
  timeoutMs: number;
  cacheMaxAgeMs: number;
  /** Shortest time between two fetches because of an unknown key id. */
  cooldownMs: number;
  /** For a stand-in on loopback. */
  allowHttp?: boolean | undefined;
  fetch?: Fetch | undefined;
}

const discoveryShape = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  authorization_endpoint: z.string().optional(),
  token_endpoint: z.string().optional(),
  device_authorization_endpoint: z.string().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

/** Where the issuer does what, as far as it says so. */
export interface IssuerEndpoints {
  authorization: URL | undefined;
  token: URL | undefined;
  deviceAuthorization: URL | undefined;
  /** RFC 9207: it always names itself on the way back. */
  namesItself: boolean;
}

export interface Issuer {
  readonly issuer: string;
  /** Its public keys, cached, and fetched again for an unknown key id at most once per cool-down. Rejects when they cannot be had. */
  keys: JWTVerifyGetKey;
  /** Rejects when it cannot be asked, or has no discovery document. */
  endpoints(): Promise<IssuerEndpoints>;
}

/** After a failed fetch the next one waits at least this long, however many tokens ask. */
const failureCooldownMs = 2_000;

/** An identity provider: asked once where its things are (OpenID Connect Discovery 1.0 §4), then remembered. */
export function createIssuer(options: IssuerOptions): Issuer {
  const { issuer, timeoutMs } = options;
  const checkUrl = urlCheck(options.allowHttp ?? false);
  checkUrl(issuer, 'The issuer');
  const base = issuer.replace(/\/$/, '');
  const send = holdAfterFailure(
    createOutboundFetch({ answerBytesMax: 512 * 1024, origins: 'as_named', fetch: options.fetch }),
    Math.min(options.cooldownMs, failureCooldownMs),
  );

  async function discover() {
    const answer = await underDeadline(new AbortController().signal, timeoutMs, (signal) =>
      send(`${base}/.well-known/openid-configuration`, { signal }),
    );
    if (answer.status === 404) return undefined;
    const found = discoveryShape.parse(await answer.json());
    if (found.issuer !== issuer) throw new Error('The discovery document belongs to another issuer.');
    return found;
  }
  const discovered = rememberSuccess(discover);

  async function locateKeys(): Promise<JWTVerifyGetKey> {
    // An issuer without discovery keeps its keys at the customary place.
    const url = options.jwksUrl ?? (await discovered())?.jwks_uri ?? `${base}/.well-known/jwks.json`;
    return createRemoteJWKSet(checkUrl(url, 'The key set’s URL'), {
      timeoutDuration: timeoutMs,
      cooldownDuration: options.cooldownMs,
      cacheMaxAge: options.cacheMaxAgeMs,
      [customFetch]: send,
    });
  }
  const located = rememberSuccess(locateKeys);

  return {
    issuer,
    keys: async (header, token) => (await located())(header, token),
    async endpoints() {
      const found = await discovered();
      if (!found) throw new Error('The issuer has no discovery document.');
      const checked = (url: string | undefined, what: string) =>
        url === undefined ? undefined : checkUrl(url, what);
      return {
        authorization: checked(found.authorization_endpoint, 'The authorization endpoint'),
        token: checked(found.token_endpoint, 'The token endpoint'),
        deviceAuthorization: checked(found.device_authorization_endpoint, 'The device endpoint'),
        namesItself: found.authorization_response_iss_parameter_supported === true,
      };
    },
  };
}

/** Does it once, for all who ask at that time and later. A failure is forgotten, so that the next one tries again. */
function rememberSuccess<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let known: Promise<Result> | undefined;
  return async () => {
    const pending = (known ??= work());
    try {
      return await pending;
    } catch (thrown) {
      if (known === pending) known = undefined;
      throw thrown;
    }
  };
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
function urlCheck(allowHttp: boolean): (text: string, option: string) => URL {
  return (text, option) => {
    const url = parseSecureUrl(text, option);
    if (url.protocol === 'http:' && !allowHttp) throw new TypeError(`${option} must use https.`);
    return url;
  };
}
