import { describe, expect, it } from 'vitest';
import { identityOf } from './claims.ts';

const header = { alg: 'RS256', typ: 'at+jwt' };
const payload = { sub: 'auth0|1', exp: 2_000_000_000 };
const claims = ['email', 'https://shop.example/email'];

describe('the identity in an access token', () => {
  it.each(['at+jwt', 'application/at+jwt', 'JWT', 'AT+JWT'])('is read from type %s', (typ) => {
    expect(identityOf({ typ }, payload, claims)).toEqual({
      valid: true,
      identity: { subject: 'auth0|1', email: null, emailVerified: false },
    });
  });

  it.each([{}, { typ: 'id+jwt' }, { typ: 'logout+jwt' }, { typ: 7 }])('is refused to a header %o', (head) => {
    expect(identityOf(head, payload, claims)).toEqual({ valid: false, reason: 'wrong_type' });
  });

  it.each([{ nonce: 'n' }, { at_hash: 'h' }, { c_hash: 'h' }])(
    'is refused to ID tokens, known by %o',
    (extra) => {
      expect(identityOf(header, { ...payload, ...extra }, claims)).toEqual({
        valid: false,
        reason: 'id_token',
      });
    },
  );

  it.each([{ sub: '' }, { sub: undefined }, { sub: 7 }, { exp: undefined }, { sub: 'x'.repeat(256) }])(
    'is refused to claims with %o',
    (extra) => {
      expect(identityOf(header, { ...payload, ...extra }, claims)).toEqual({
        valid: false,
        reason: 'claims_missing',
      });
    },
  );

  it.each([
    [{ email: 'jan@example.pl', email_verified: true }, 'jan@example.pl', true],
    [{ email: 'jan@example.pl', email_verified: false }, 'jan@example.pl', false],
    [{ email: 'jan@example.pl', email_verified: 'true' }, 'jan@example.pl', false],
    [{ email: 'jan@example.pl' }, 'jan@example.pl', false],
    [
      { 'https://shop.example/email': 'jan@example.pl', 'https://shop.example/email_verified': true },
      'jan@example.pl',
      true,
    ],
    // A word about one claim says nothing about the other.
    [{ 'https://shop.example/email': 'jan@example.pl', email_verified: true }, 'jan@example.pl', false],
    [{ email_verified: true }, null, false],
    [{ email: '', email_verified: true }, null, false],
  ])('takes from %o the address %s, verified: %s', (extra, email, emailVerified) => {
    expect(identityOf(header, { ...payload, ...extra }, claims)).toMatchObject({
      identity: { email, emailVerified },
    });
  });
});
