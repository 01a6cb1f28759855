import type { Clock } from '../../ports/clock.ts';
import type { IdentityProvider } from '../../ports/identity.ts';
import { createAccessTokenCheck } from './accessTokens.ts';
import { identityIn } from './claims.ts';
import { createIssuer, type IssuerOptions } from './issuer.ts';

export interface OidcIdentityProviderOptions extends IssuerOptions {
  audience: string;
  /** Audiences that must not stand beside ours, such as the staff's. */
  foreignAudiences?: readonly string[];
  /** Claims that may hold the e-mail address, best first; each has its `<claim>_verified`. */
  emailClaims: string[];
  /** At most 60. */
  clockToleranceSeconds: number;
  clock?: Pick<Clock, 'now'>;
}

/** Checks buyers' access tokens of one issuer for one audience, signed with RS256. */
export function createOidcIdentityProvider(options: OidcIdentityProviderOptions): IdentityProvider {
  const { emailClaims } = options;
  const check = createAccessTokenCheck({ ...options, issuer: createIssuer(options) });

  return {
    async verifyAccessToken(token) {
      const checked = await check(token);
      return checked.valid ? { valid: true, identity: identityIn(checked.claims, emailClaims) } : checked;
    },
  };
}
