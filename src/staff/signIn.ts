import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { effectiveRoles, type Role } from '../domain/permissions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type {
  DoorBook,
  StaffPeople,
  StaffSessions,
  StaffSignInProvider,
  TurnedAway,
  VerifiedToken,
} from '../ports/staff.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { isKeepable, methodsIn, personIn, rolesIn, type StaffClaimNames } from './claims.ts';
import { returnPathOf } from './returnPath.ts';
import type { Seal } from './seal.ts';
import { satisfies, type SecondFactorRule } from './secondFactor.ts';
import { hashOfSessionToken, newSessionToken } from './sessionToken.ts';

/** The query of the way back from the identity provider. */
export interface SignInAnswer {
  code?: string | undefined;
  state?: string | undefined;
  /** RFC 9207: who says it has answered. */
  iss?: string | undefined;
  error?: string | undefined;
}

export type SignInRefusal =
  /** Not begun in this browser, begun anew meanwhile, or too long ago. */
  | 'not_begun_here'
  /** The person, or the identity provider, said no. */
  | 'denied'
  /** What came back does not hold. */
  | 'failed'
  | 'second_factor_missing'
  | 'disabled'
  /** They are no staff, or all their roles are withheld. */
  | 'no_role';

export type SignInEnd =
  | { ok: true; sessionToken: string; lastsSeconds: number; returnTo: string }
  | { ok: false; refusal: SignInRefusal };

/** Sign-in of staff in the browser. What is under way stays with the browser, sealed; we keep nothing until it is done. */
export interface StaffSignIn {
  /**
   * Where to send the browser, and what it has to keep until it is back.
   *
   * @throws Fault transient, when the identity provider cannot be asked
   */
  begin(returnTo: string | undefined): Promise<{ location: string; underWay: string }>;
  /**
   * Opens a session, always under a fresh token.
   *
   * @param kept what the browser has kept, and the session it had before, which ends
   * @throws Fault transient, when the identity provider cannot be asked
   */
  finish(
    answer: SignInAnswer,
    kept: { underWay: string | undefined; sessionToken: string | undefined },
  ): Promise<SignInEnd>;
}

export interface StaffSignInOptions {
  provider: StaffSignInProvider;
  people: StaffPeople;
  sessions: StaffSessions;
  seal: Seal;
  claims: StaffClaimNames;
  secondFactor: SecondFactorRule;
  book: DoorBook;
  clock: Pick<Clock, 'now'>;
  random: Pick<Random, 'bytes'>;
  telemetry: Telemetry;
}

/** How long somebody may take at the identity provider. */
export const signInMaxMs = 10 * 60_000;
export const sessionMaxMs = 8 * 3_600_000;

const underWayShape = z.strictObject({
  for: z.literal('staff sign-in'),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  endsAtMs: z.number(),
});
type UnderWay = z.infer<typeof underWayShape>;

export function createStaffSignIn(options: StaffSignInOptions): StaffSignIn {
  const { provider, people, sessions, seal, clock, random, telemetry } = options;
  const secret = () => Buffer.from(random.bytes(32)).toString('base64url');

  function refuse(refusal: SignInRefusal, reason: string = refusal): SignInEnd {
    telemetry.emit({ name: 'staff.refused', door: 'sign_in', reason });
    return { ok: false, refusal };
  }

  /** What this browser began, if it is what the answer belongs to. */
  function begunHere(sealed: string | undefined, state: string | undefined): UnderWay | undefined {
    const { data: begun } = underWayShape.safeParse(sealed === undefined ? undefined : seal.open(sealed));
    if (!begun || begun.endsAtMs <= clock.now().getTime() || state === undefined) return undefined;
    return sameText(begun.state, state) ? begun : undefined;
  }

  /** @returns the token of the new session */
  async function openSession(
    person: VerifiedToken,
    access: VerifiedToken,
    roles: readonly Role[],
  ): Promise<string> {
    const now = clock.now();
    const token = newSessionToken(random);
    const { id: sessionId } = await sessions.open({
      tokenSha256: hashOfSessionToken(token) ?? new Uint8Array(),
      subject: person.subject,
      roles,
      methods: methodsOf(person, access),
      signedInAt: provenAt(person, now),
      now,
      expiresAt: new Date(now.getTime() + sessionMaxMs),
    });
    telemetry.emit({ name: 'staff.signed_in', sessionId });
    return token;
  }

  /** Both tokens are the issuer's word about this sign-in; Auth0 says the methods in the ID token only. */
  const methodsOf = (person: VerifiedToken, access: VerifiedToken) => [
    ...new Set([person, access].flatMap(({ claims }) => methodsIn(claims, options.claims.methods))),
  ];

  return {
    async begin(returnTo) {
      const underWay: UnderWay = {
        for: 'staff sign-in',
        state: secret(),
        nonce: secret(),
        codeVerifier: secret(),
        returnTo: returnPathOf(returnTo),
        endsAtMs: clock.now().getTime() + signInMaxMs,
      };
      const { state, nonce, codeVerifier } = underWay;
      const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
      const url = await provider.authorizeUrl({ state, nonce, codeChallenge });
      return { location: url.href, underWay: seal.close(underWay) };
    },

    async finish(answer, kept) {
      const begun = begunHere(kept.underWay, answer.state);
      if (!begun) return refuse('not_begun_here');
      if (answer.code === undefined || answer.error !== undefined) return refuse('denied');
      const { code, iss: issuer } = answer;
      const { codeVerifier, nonce, returnTo } = begun;
      const exchange = await provider.exchange({ code, issuer, codeVerifier, nonce });
      if (!exchange.ok) return refuse('failed', exchange.reason);
      const { person, access } = exchange;
      const { subject } = person;
      if (!isKeepable(subject)) return refuse('failed', 'claims_missing');
      const roles = rolesIn(access.claims, options.claims.roles);
      const turnAway = async (code: TurnedAway['code']) => {
        await options.book.turnedAway({ subject, roles, channel: 'console', door: 'sign_in', code });
        return refuse(code);
      };
      // First, so that no row is made of a buyer who came to the wrong door.
      if (roles.length === 0) return turnAway('no_role');
      if (!satisfies(methodsOf(person, access), options.secondFactor))
        return turnAway('second_factor_missing');
      const standing = await people.seen({ subject, ...personIn(person.claims) }, clock.now());
      if (standing.disabled) return turnAway('disabled');
      if (effectiveRoles(roles, standing).length === 0) return turnAway('no_role');
      const before = kept.sessionToken === undefined ? undefined : hashOfSessionToken(kept.sessionToken);
      if (before) await sessions.end(before, clock.now(), 'signed_in_again');
      const sessionToken = await openSession(person, access, roles);
      return { ok: true, sessionToken, lastsSeconds: sessionMaxMs / 1000, returnTo };
    },
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const sameText = (one: string, other: string) => timingSafeEqual(digest(one), digest(other));

/** `auth_time`, where the ID token has it and it makes sense. */
function provenAt({ claims }: VerifiedToken, now: Date): Date {
  const seconds = claims['auth_time'];
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds * 1000 <= now.getTime())) return now;
  return new Date(seconds * 1000);
}
