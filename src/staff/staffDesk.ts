import { effectiveRoles, isRole, type Role } from '../domain/permissions.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  DoorBook,
  StaffPeople,
  StaffSessions,
  StaffStanding,
  StaffTokens,
  TurnedAway,
} from '../ports/staff.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { isKeepable, methodsIn, personIn, rolesIn, type StaffClaimNames } from './claims.ts';
import { satisfies, type SecondFactorRule } from './secondFactor.ts';
import { hashOfSessionToken } from './sessionToken.ts';

/** Somebody of the staff who may come in, and what they may be at this moment. */
export interface StaffIdentity {
  /** The identity provider's subject: the audit's actor. */
  subject: string;
  name: string | null;
  /** What the token claims without what our own row withholds. None: they are known, and may do nothing. */
  roles: readonly Role[];
  /** How they signed in (RFC 8176). */
  methods: readonly string[];
  door: 'bearer' | 'session';
  /** The session's public id; null for a bearer. */
  sessionId: string | null;
  /** When the token or the session ends at the latest. */
  endsAt: Date;
}

/** Why somebody may not come in, as far as they may know it. */
export type StaffRefusal = 'not_signed_in' | 'second_factor_missing' | 'disabled';

export type StaffAdmission = { ok: true; identity: StaffIdentity } | { ok: false; refusal: StaffRefusal };

/** Says who of the staff is at the door, and what they may be. Nothing is remembered between two requests. */
export interface StaffDesk {
  /**
   * Throws a transient `Fault` when the issuer's keys cannot be had.
   *
   * @param channel by which program it came
   */
  ofBearer(token: string, channel: 'api' | 'cli'): Promise<StaffAdmission>;
  /** @param token the session cookie's value */
  ofSession(token: string): Promise<StaffAdmission>;
  /** Ends the session, if there is one. */
  signOut(token: string): Promise<void>;
}

export interface StaffDeskOptions {
  tokens: StaffTokens;
  people: StaffPeople;
  sessions: StaffSessions;
  claims: StaffClaimNames;
  secondFactor: SecondFactorRule;
  book: DoorBook;
  clock: Pick<Clock, 'now'>;
  telemetry: Telemetry;
  /** A session that was not used for so long is over. Default 30 min. */
  idleMs?: number;
}

/** Of somebody who has no role, nothing is looked up. */
const unknownPerson: StaffStanding = { withheldRoles: [], disabled: false };

export const sessionIdleMs = 30 * 60_000;

export function createStaffDesk(options: StaffDeskOptions): StaffDesk {
  const { tokens, people, sessions, clock, telemetry, idleMs = sessionIdleMs } = options;

  function refuse(
    door: StaffIdentity['door'],
    refusal: StaffRefusal,
    reason: string = refusal,
  ): StaffAdmission {
    telemetry.emit({ name: 'staff.refused', door, reason });
    return { ok: false, refusal };
  }

  /** What both doors ask last: that nobody has locked them out, and that two factors were shown. */
  async function admit(
    claimed: Omit<StaffIdentity, 'roles'> & { roles: readonly string[] },
    standing: StaffStanding,
    channel: TurnedAway['channel'],
  ): Promise<StaffAdmission> {
    const { subject, door } = claimed;
    const code = whyNot(claimed.methods, standing);
    if (code !== undefined) {
      await options.book.turnedAway({ subject, roles: claimed.roles, channel, door, code });
      return refuse(door, code);
    }
    return { ok: true, identity: { ...claimed, roles: effectiveRoles(claimed.roles, standing) } };
  }

  function whyNot(methods: readonly string[], { disabled }: StaffStanding) {
    if (disabled) return 'disabled';
    return satisfies(methods, options.secondFactor) ? undefined : 'second_factor_missing';
  }

  return {
    async ofBearer(token, channel) {
      const verdict = await tokens.verify(token);
      if (!verdict.valid) return refuse('bearer', 'not_signed_in', verdict.reason);
      const { subject, expiresAt, claims } = verdict.token;
      if (!isKeepable(subject)) return refuse('bearer', 'not_signed_in', 'claims_missing');
      const person = personIn(claims);
      const identity = {
        subject,
        name: person.name,
        roles: rolesIn(claims, options.claims.roles),
        methods: methodsIn(claims, options.claims.methods),
        door: 'bearer',
        sessionId: null,
        endsAt: expiresAt,
      } as const;
      // Nothing is kept of those who are no staff: the provider may be the buyers' too.
      if (!identity.roles.some(isRole)) return admit(identity, unknownPerson, channel);
      return admit(identity, await people.seen({ subject, ...person }, clock.now()), channel);
    },

    async ofSession(token) {
      const hash = hashOfSessionToken(token);
      const session = hash && (await sessions.use(hash, clock.now(), idleMs));
      if (!session) return refuse('session', 'not_signed_in', hash ? 'no_session' : 'malformed');
      const { id: sessionId, standing, expiresAt: endsAt, ...rest } = session;
      return admit({ ...rest, door: 'session', sessionId, endsAt }, standing, 'console');
    },

    async signOut(token) {
      const hash = hashOfSessionToken(token);
      if (hash) await sessions.end(hash, clock.now(), 'signed_out');
    },
  };
}
