import { parseEmailAddress } from '../domain/emailAddress.ts';
import type { Identity } from '../ports/identity.ts';
import type { ShelfOwner } from '../ports/shelf.ts';

/** By what a bearer's profiles are found. An address counts only when it is verified, in its canonical form. */
export function shelfOwner(identity: Identity): ShelfOwner {
  const address = identity.emailVerified ? parseEmailAddress(identity.email ?? '') : undefined;
  return { subject: identity.subject, canonicalEmail: address?.canonical ?? null };
}
