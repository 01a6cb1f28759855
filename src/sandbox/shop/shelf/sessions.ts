import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Language } from '../../stripe/pages/frame.ts';
import type { SignInUnderWay, SignedIn } from './openIdClient.ts';

/** What the shop remembers of one browser. */
export interface Session {
  readonly id: string;
  /** What forms must carry, so that no other site can send them. */
  readonly csrfToken: string;
  language: Language | null;
  /** `wantedEmail` is whose shelf the buyer's link was to lead to. */
  signInUnderWay: (SignInUnderWay & { wantedEmail: string | undefined }) | null;
  buyer: SignedIn | null;
}

export interface Sessions {
  find(cookieHeader: string | undefined): Session | undefined;
  /** A new session under a new id. One with a buyer lives as long as the access token, others an hour. */
  open(start: Pick<Session, 'language' | 'buyer'>): Session;
  close(session: Session | undefined): void;
  /** The `Set-Cookie` header that leads back to the session, or that forgets it. */
  cookieFor(session: Session | null): string;
}

const cookieName = 'shop_session';
const visitorLifetimeMs = 60 * 60 * 1000;

export interface SessionsOptions {
  /** Whether browsers are to send the cookie over HTTPS only. */
  secure: () => boolean;
  nowMs: () => number;
  /** Beyond it the oldest session goes; default 10 000. */
  sessionsMax?: number;
}

/** Sessions of the shelf, in memory: a restart signs everybody out of the shop, and the provider signs them in again. */
export function createSessions({ secure, nowMs, sessionsMax = 10_000 }: SessionsOptions): Sessions {
  const kept = new Map<string, { session: Session; expiresMs: number }>();

  function makeRoom(): void {
    for (const [id, { expiresMs }] of kept) if (expiresMs <= nowMs()) kept.delete(id);
    const [oldest] = kept.keys();
    if (kept.size >= sessionsMax && oldest !== undefined) kept.delete(oldest);
  }

  return {
    find(cookieHeader) {
      const found = kept.get(readCookie(cookieHeader) ?? '');
      return found && found.expiresMs > nowMs() ? found.session : undefined;
    },
    open({ language, buyer }) {
      makeRoom();
      const session = { id: secret(), csrfToken: secret(), language, buyer, signInUnderWay: null };
      const lifetimeMs = buyer ? buyer.expiresInSeconds * 1000 : visitorLifetimeMs;
      kept.set(session.id, { session, expiresMs: nowMs() + lifetimeMs });
      return session;
    },
    close(session) {
      if (session) kept.delete(session.id);
    },
    cookieFor(session) {
      const rules = `Path=/shelf; HttpOnly; SameSite=Lax${secure() ? '; Secure' : ''}`;
      return session ? `${cookieName}=${session.id}; ${rules}` : `${cookieName}=; ${rules}; Max-Age=0`;
    },
  };
}

/** Whether a form came from a page of this session. */
export function isOwnForm(session: Session, given: string): boolean {
  const [wanted, got] = [Buffer.from(session.csrfToken), Buffer.from(given)];
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

function readCookie(header: string | undefined): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === cookieName)?.[1];
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}
