import { errors } from 'jose';
import { describe, expect, it } from 'vitest';
import { keysUnavailable, oidcFailure } from './faults.ts';

const claimError = (claim: string) => new errors.JWTClaimValidationFailed('no', {}, claim, 'check_failed');

describe('the fault table of token checks', () => {
  it.each<[Error, string]>([
    [new errors.JWTExpired('no', {}), 'expired'],
    [new errors.JWKSNoMatchingKey(), 'unknown_key'],
    [new errors.JWKSMultipleMatchingKeys(), 'ambiguous_key'],
    [new errors.JWSSignatureVerificationFailed(), 'bad_signature'],
    [new errors.JOSEAlgNotAllowed(), 'wrong_algorithm'],
    [new errors.JWSInvalid(), 'malformed'],
    [new errors.JWTInvalid(), 'malformed'],
    [new errors.JOSENotSupported(), 'not_supported'],
    [claimError('iss'), 'wrong_issuer'],
    [claimError('aud'), 'wrong_audience'],
    [claimError('exp'), 'no_expiry'],
    [claimError('nbf'), 'not_yet_valid'],
    [claimError('iat'), 'not_yet_valid'],
    [claimError('sub'), 'claims_missing'],
    [claimError('azp'), 'wrong_claim'],
  ])('calls %o a bad token: %s', (thrown, reason) => {
    expect(oidcFailure(thrown)).toEqual({ kind: 'bad_token', reason });
  });

  it.each([
    new errors.JWKSTimeout(),
    new errors.JWKSInvalid(),
    new errors.JOSEError('Expected 200 OK'),
    new TypeError('fetch failed'),
    undefined,
  ])('never lets anybody in, nor blames the token, at %o', (thrown) => {
    expect(oidcFailure(thrown)).toEqual({ kind: 'keys_unavailable' });
    expect(keysUnavailable()).toMatchObject({ kind: 'transient', reason: 'identity_keys_unavailable' });
  });
});
