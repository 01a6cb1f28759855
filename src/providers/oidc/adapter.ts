import { jwtVerify } from 'jose';
import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IdentityProvider, TokenVerdict } from '../../ports/identity.ts';
import type { Fetch } from '../outbound.ts';
import { identityOf } from './claims.ts';
import { keysUnavailable, oidcFailure } from './faults.ts';
import { createIssuerKeys, urlCheck } from './keys.ts';

export interface OidcIdentityProviderOptions {
  /** Exactly as in the tokens, with or without the slash at the end. */
  issuer: string;
  audience: string;
  /** Default: found by discovery. */
  jwksUrl?: string;
  /** Claims that may hold the e-mail address, best first; each has its `<claim>_verified`. */
  emailClaims: string[];
  /** At most 60. */
  clockToleranceSeconds: number;
  timeoutMs: number;
  cacheMaxAgeMs: number;
  /** Shortest time between two fetches because of an unknown key id. */
  cooldownMs: number;
  /** For a stand-in on loopback. */
  allowHttp?: boolean;
  clock?: Pick<Clock, 'now'>;
  fetch?: Fetch;
}

/** Larger than any access token; nothing longer is decoded. */
const tokenLengthMax = 16_384;

/** Checks access tokens of one issuer for one audience, signed with RS256. */
export function createOidcIdentityProvider(options: OidcIdentityProviderOptions): IdentityProvider {
  const { issuer, audience, emailClaims, clockToleranceSeconds, clock = { now: () => new Date() } } = options;
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 60)) {
    throw new TypeError('The clock tolerance must be between 0 and 60 seconds.');
  }
  const checkUrl = urlCheck(options.allowHttp ?? false);
  checkUrl(issuer, 'The issuer');
  const keys = createIssuerKeys({ ...options, checkUrl });

  async function verifyAccessToken(token: string): Promise<TokenVerdict> {
    if (token.length > tokenLengthMax) return { valid: false, reason: 'malformed' };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: clock.now(),
      });
      return identityOf(protectedHeader, payload, emailClaims);
    } catch (thrown) {
      const failure = oidcFailure(thrown);
      if (failure.kind === 'bad_token') return { valid: false, reason: failure.reason };
      throw new Fault(keysUnavailable());
    }
  }

  return { verifyAccessToken };
}
