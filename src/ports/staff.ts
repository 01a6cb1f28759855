import type { Role } from '../domain/permissions.ts';

/** What a token says, once its signature, issuer, audience and times are known to be right. */
export interface VerifiedToken {
  subject: string;
  /** When it ends. */
  expiresAt: Date;
  claims: Readonly<Record<string, unknown>>;
}

export type StaffTokenVerdict =
  | { valid: true; token: VerifiedToken }
  /** The token is bad; why is for our log only. */
  | { valid: false; reason: string };

/** Checks access tokens that are meant for the staff's side, and for nobody else's. */
export interface StaffTokens {
  /** Throws a transient `Fault` when the issuer's keys cannot be fetched: fail closed, answer 503. */
  verify(token: string): Promise<StaffTokenVerdict>;
}

/** Sign-in in the browser: OpenID Connect's authorization code with PKCE. */
export interface StaffSignInProvider {
  /**
   * The page of the identity provider to send the browser to.
   *
   * @throws Fault transient, when the issuer cannot be asked where that is
   */
  authorizeUrl(request: { state: string; nonce: string; codeChallenge: string }): Promise<URL>;
  /**
   * Turns the code into what the identity provider says of the person: the ID token's word, and the access token.
   *
   * @param answer the query of the way back
   * @throws Fault transient, when the identity provider cannot be asked
   */
  exchange(answer: {
    code: string;
    /** RFC 9207: who says it has answered. */
    issuer: string | undefined;
    codeVerifier: string;
    nonce: string;
  }): Promise<StaffExchange>;
}

export type StaffExchange =
  | {
      ok: true;
      /** The ID token. */
      person: VerifiedToken;
      /** For the staff's audience; of the same subject. */
      access: VerifiedToken;
    }
  | { ok: false; reason: string };

/** Tokens as a program gets them; neither has been looked into. */
export interface IssuedTokens {
  accessToken: string;
  refreshToken: string | null;
  /** From now; null where the identity provider does not say. */
  expiresInSeconds: number | null;
}

export interface DeviceCode {
  deviceCode: string;
  /** What the person types in, or compares. */
  userCode: string;
  verificationUrl: string;
  /** The same with the code already in it. */
  completeUrl: string | null;
  expiresInSeconds: number;
  intervalSeconds: number;
}

export type DevicePoll =
  | { kind: 'issued'; tokens: IssuedTokens }
  | { kind: 'pending' }
  | { kind: 'slow_down' }
  | { kind: 'denied' }
  | { kind: 'expired' };

/** Sign-in of a program without a browser of its own (RFC 8628). All throw a `Fault` when they get no usable answer. */
export interface DeviceSignIn {
  start(): Promise<DeviceCode>;
  /** Asks once. */
  poll(deviceCode: string): Promise<DevicePoll>;
  /** Null when the refresh token is not good any more. */
  refresh(refreshToken: string): Promise<IssuedTokens | null>;
}

/** What a program has to know to sign somebody in. Nothing of it is secret. */
export interface SignInTerms {
  issuer: string;
  clientId: string;
  audience: string;
}

/** What our own row of somebody takes away. */
export interface StaffStanding {
  withheldRoles: readonly Role[];
  disabled: boolean;
}

/** The rows of staff. Made when somebody is first seen. */
export interface StaffPeople {
  /** How somebody stands who is here now; notes that they were. Null leaves what is known of the name and address. */
  seen(
    person: { subject: string; name: string | null; email: string | null },
    now: Date,
  ): Promise<StaffStanding>;
}

/** Somebody whose token or session is good, and who may not come in all the same. */
export interface TurnedAway {
  subject: string;
  /** Those they claimed. */
  roles: readonly string[];
  channel: 'api' | 'cli' | 'console';
  door: 'bearer' | 'session' | 'sign_in';
  code: 'second_factor_missing' | 'disabled' | 'no_role';
}

/** Writes down who was turned away at the door. Of those who showed nothing that holds, nothing is written. */
export interface DoorBook {
  /** @throws Fault transient, when it cannot be written just now */
  turnedAway(who: TurnedAway): Promise<void>;
}

export interface NewStaffSession {
  tokenSha256: Uint8Array;
  subject: string;
  /** Those the token claimed; what is withheld is taken away at every request. */
  roles: readonly Role[];
  /** How they signed in. */
  methods: readonly string[];
  /** When they proved who they are. */
  signedInAt: Date;
  now: Date;
  expiresAt: Date;
}

export interface StaffSession {
  id: string;
  subject: string;
  name: string | null;
  roles: readonly string[];
  methods: readonly string[];
  expiresAt: Date;
  standing: StaffStanding;
}

export interface StaffSessions {
  /** Opens a session and tells its public id. Drops those that ended a month ago. */
  open(session: NewStaffSession): Promise<{ id: string }>;
  /** The session that is good now and was used within the idle time; notes that it is used. */
  use(tokenSha256: Uint8Array, now: Date, idleMs: number): Promise<StaffSession | undefined>;
  /** Ends it, if it is still open. */
  end(tokenSha256: Uint8Array, now: Date, endedBy: string): Promise<void>;
}
