import { describe, expect, it } from 'vitest';
import { shelfOwner } from './shelfOwner.ts';

const owner = (email: string | null, emailVerified = true) =>
  shelfOwner({ subject: 'auth0|1', email, emailVerified });

describe('the owner of a shelf', () => {
  it('is known by the canonical form of a verified address', () => {
    expect(owner('Jan@Exämple.DE')).toEqual({ subject: 'auth0|1', canonicalEmail: 'jan@xn--exmple-cua.de' });
  });

  it('is known by the subject alone while the address is unverified or none', () => {
    for (const unknown of [
      owner('jan@example.com', false),
      owner(null),
      owner(''),
      owner('not an address'),
    ]) {
      expect(unknown).toEqual({ subject: 'auth0|1', canonicalEmail: null });
    }
  });

  it('is not mistaken for the owner of a look-alike address', () => {
    // The Kelvin sign, and the long s: both have an ASCII letter as their other case.
    expect(owner('\u212Aiosk@example.com').canonicalEmail).toBeNull();
    expect(owner('\u017Fam@example.com').canonicalEmail).toBeNull();
  });
});
