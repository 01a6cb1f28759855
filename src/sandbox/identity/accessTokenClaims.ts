import type { Account } from './identityStore.ts';

/** Auth0 wants claims of one's own under a URL of one's own. */
const claimNamespace = 'https://fulfillment.example/';

/** What an Auth0 Action would put into the access token: the address and whether it is verified, plain and namespaced. */
export function accessTokenClaims({
  email,
  emailVerified,
}: Omit<Account, 'subject'>): Record<string, unknown> {
  return {
    email,
    email_verified: emailVerified,
    [`${claimNamespace}email`]: email,
    [`${claimNamespace}email_verified`]: emailVerified,
  };
}
