import { z } from 'zod';
import { type Role, roles } from '../domain/permissions.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** In which claims an identity provider says what. */
export interface StaffClaimNames {
  /** Holds the list of roles. */
  roles: string;
  /** May hold the list of methods of the sign-in; the first that is there counts. Auth0 keeps `amr` out of access tokens. */
  methods: readonly string[];
}

const texts = z.array(z.string());
const methodTexts = z.array(z.string().regex(/^[\x21-\x7e]{1,60}$/)).max(20);

/** The value of a claim of that very name; what every object inherits is no claim. */
const valueOf = (claims: Claims, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

/**
 * The roles that a token claims: those we know, by their exact names, from a list of texts. Anything else, also one text
 * instead of a list, is no role.
 */
export function rolesIn(claims: Claims, name: string): Role[] {
  const { data: claimed = [] } = texts.safeParse(valueOf(claims, name));
  return roles.filter((role) => claimed.includes(role));
}

/** How somebody signed in (RFC 8176), as far as the token says it in a list of texts. */
export function methodsIn(claims: Claims, names: readonly string[]): string[] {
  const value = names.map((name) => valueOf(claims, name)).find((found) => found !== undefined);
  return [...new Set(methodTexts.safeParse(value).data)];
}

/** Letters, digits, signs: nothing that breaks a line or hides. */
const shown = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
const nameForm = shown(200);
const emailForm = shown(254).includes('@');

/** What staff are called where staff read it. */
export function personIn(claims: Claims): { name: string | null; email: string | null } {
  return {
    name: nameForm.safeParse(valueOf(claims, 'name')).data ?? null,
    email: emailForm.safeParse(valueOf(claims, 'email')).data ?? null,
  };
}

/** As long as a subject may be for our rows and the audit. */
const subjectLengthMax = 200;
export const isKeepable = (subject: string) => subject.length <= subjectLengthMax;
