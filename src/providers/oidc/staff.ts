import type { Clock } from '../../ports/clock.ts';
import type { StaffSignInProvider, StaffTokens } from '../../ports/staff.ts';
import { createAccessTokenCheck } from './accessTokens.ts';
import { createIssuer, type IssuerOptions } from './issuer.ts';
import { createCodeSignIn } from './codeSignIn.ts';

export interface OidcStaffOptions extends IssuerOptions {
  audience: string;
  /** Audiences that must not stand beside ours: the buyers'. */
  foreignAudiences: readonly string[];
  /** The client of the sign-in in the browser. */
  clientId: string;
  clientSecret?: string | undefined;
  /** Further clients whose access tokens are good, such as the command line's. */
  otherClientIds: readonly string[];
  /** Exactly as it is registered. */
  redirectUri: string;
  /** At most 60. */
  clockToleranceSeconds: number;
  /** Access tokens issued longer ago are refused, whatever their own end says. */
  ageMaxSeconds: number;
  clock: Pick<Clock, 'now'>;
}

/** Staff's access tokens and their sign-in in the browser, over one issuer and one set of its keys. */
export function createOidcStaff(options: OidcStaffOptions): {
  tokens: StaffTokens;
  signIn: StaffSignInProvider;
} {
  const { clientId, otherClientIds } = options;
  const issuer = createIssuer(options);
  const check = createAccessTokenCheck({ ...options, issuer, clientIds: [clientId, ...otherClientIds] });
  const tokens: StaffTokens = {
    async verify(token) {
      const checked = await check(token);
      if (!checked.valid) return checked;
      const { claims } = checked;
      return {
        valid: true,
        token: { subject: claims.sub, expiresAt: new Date(claims.exp * 1000), claims },
      };
    },
  };
  return { tokens, signIn: createCodeSignIn({ ...options, issuer, tokens }) };
}
