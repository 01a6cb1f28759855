import { isLoopback } from '../../domain/loopback.ts';

/** A cookie of the staff's side. */
export interface StaffCookie {
  readonly name: string;
  /** The value of a request's header; undefined when it is not there, or there twice: then somebody else set one. */
  read(header: string | undefined): string | undefined;
  set(value: string, maxAgeSeconds: number): string;
  clear(): string;
}

/**
 * A cookie that only this host gets, only encrypted, and no script: `__Host-` makes browsers insist on it (RFC 6265bis
 * §4.1.3). On plain http, which a public address has on loopback alone, browsers disagree about that prefix and about
 * `Secure`; so there, and nowhere else, it carries neither.
 *
 * @throws TypeError for an address that is neither https nor on loopback
 */
export function staffCookie(name: string, publicBaseUrl: string): StaffCookie {
  const { protocol, hostname } = new URL(publicBaseUrl);
  const secure = protocol === 'https:';
  if (!secure && !isLoopback(hostname))
    throw new TypeError('Staff sign in over https only; http is for loopback.');
  const fullName = secure ? `__Host-${name}` : name;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    name: fullName,
    read(header = '') {
      const values = header
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${fullName}=`))
        .map((pair) => pair.slice(fullName.length + 1));
      return values.length === 1 ? values[0] : undefined;
    },
    set: (value, maxAgeSeconds) => `${fullName}=${value}; Max-Age=${maxAgeSeconds}; ${attributes}`,
    clear: () => `${fullName}=; Max-Age=0; ${attributes}`,
  };
}

export interface StaffCookies {
  session: StaffCookie;
  /** What a sign-in under way keeps with the browser. */
  signIn: StaffCookie;
}

export const staffCookies = (publicBaseUrl: string): StaffCookies => ({
  session: staffCookie('ops_session', publicBaseUrl),
  signIn: staffCookie('ops_sign_in', publicBaseUrl),
});
