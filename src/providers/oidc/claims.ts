import { z } from 'zod';
import type { Identity, TokenVerdict } from '../../ports/identity.ts';

const headerShape = z.object({ typ: z.string() });

export const payloadShape = z.looseObject({
  // Nothing that could not be stored or would break a line of a log.
  sub: z.string().regex(/^[\p{L}\p{N}\p{P}\p{S} ]{1,255}$/u),
  // 9999-12-31: what lies beyond is no time but a trick.
  exp: z.int().max(253_402_300_799),
  gty: z.unknown().optional(),
  nonce: z.unknown().optional(),
  at_hash: z.unknown().optional(),
  c_hash: z.unknown().optional(),
});

/** RFC 9068 says `at+jwt`; identity providers of before say `JWT`. */
const accessTokenTypes = new Set(['at+jwt', 'application/at+jwt', 'jwt']);

export type AccessTokenClaims = z.infer<typeof payloadShape>;
export type CheckedClaims = { valid: true; claims: AccessTokenClaims } | { valid: false; reason: string };

const invalid = (reason: string) => ({ valid: false, reason }) as const;

/**
 * The claims of an access token whose signature, issuer, audience and times are right. Refuses ID tokens, which are
 * made for the client and prove nothing to an API: `nonce` and the hashes occur in them only.
 */
export function accessTokenClaims(header: unknown, payload: unknown): CheckedClaims {
  const { data: head } = headerShape.safeParse(header);
  if (!head || !accessTokenTypes.has(head.typ.toLowerCase())) return invalid('wrong_type');
  const { data: claims } = payloadShape.safeParse(payload);
  if (!claims) return invalid('claims_missing');
  if (claims.nonce !== undefined || claims.at_hash !== undefined || claims.c_hash !== undefined) {
    return invalid('id_token');
  }
  // A machine's own token (Auth0: client credentials) speaks for no person.
  if (claims.gty === 'client-credentials' || claims.sub.endsWith('@clients')) return invalid('machine_token');
  return { valid: true, claims };
}

/**
 * Who a buyer's access token speaks for.
 *
 * @param emailClaims names of claims that may hold the address, best first; `<name>_verified` says whether it is verified
 */
export function identityOf(header: unknown, payload: unknown, emailClaims: string[]): TokenVerdict {
  const checked = accessTokenClaims(header, payload);
  return checked.valid ? { valid: true, identity: identityIn(checked.claims, emailClaims) } : checked;
}

export function identityIn(claims: AccessTokenClaims, emailClaims: string[]): Identity {
  const name = emailClaims.find((claim) => typeof claims[claim] === 'string' && claims[claim] !== '');
  return {
    subject: claims.sub,
    email: name === undefined ? null : (claims[name] as string),
    // The word "true" would be a guess; only the boolean counts.
    emailVerified: name !== undefined && claims[`${name}_verified`] === true,
  };
}
