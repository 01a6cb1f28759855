/** Who a bearer token speaks for, after signature, issuer, audience and times have been checked. */
export interface Identity {
  subject: string;
  email: string | null;
  emailVerified: boolean;
}

export type TokenVerdict =
  | { valid: true; identity: Identity }
  /** The token is bad; why is for our log only. */
  | { valid: false; reason: string };

export interface IdentityProvider {
  /** Throws a transient `Fault` when the issuer's keys cannot be fetched: fail closed, answer 503. */
  verifyAccessToken(token: string): Promise<TokenVerdict>;
}
