import { errors } from 'jose';
import type { FaultDetails } from '../../domain/fault.ts';

/** What a failed check means: the token is bad, or we cannot know because the issuer's keys are out of reach. */
export type OidcFailure = { kind: 'bad_token'; reason: string } | { kind: 'keys_unavailable' };

const badTokens: Record<string, string> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown_key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'ambiguous_key',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad_signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'wrong_algorithm',
  ERR_JWS_INVALID: 'malformed',
  ERR_JWT_INVALID: 'malformed',
  ERR_JOSE_NOT_SUPPORTED: 'not_supported',
};

/** The fault table of token checks. What it does not know is taken for missing keys: fail closed, never let in. */
export function oidcFailure(thrown: unknown): OidcFailure {
  if (!(thrown instanceof errors.JOSEError)) return { kind: 'keys_unavailable' };
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    return { kind: 'bad_token', reason: claimReasons[thrown.claim] ?? 'wrong_claim' };
  }
  const reason = badTokens[thrown.code];
  return reason === undefined ? { kind: 'keys_unavailable' } : { kind: 'bad_token', reason };
}

const claimReasons: Record<string, string> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  exp: 'no_expiry',
  nbf: 'not_yet_valid',
  iat: 'not_yet_valid',
  sub: 'claims_missing',
};

export function keysUnavailable(): FaultDetails {
  return {
    kind: 'transient',
    reason: 'identity_keys_unavailable',
    message: 'The identity provider’s keys cannot be fetched.',
    provider: 'oidc',
  };
}

/** The identity provider gave no usable answer: nobody can be signed in just now. */
export function identityUnavailable(
  reason: 'identity_unreachable' | 'identity_answer_unusable',
): FaultDetails {
  return {
    kind: 'transient',
    reason,
    message:
      reason === 'identity_unreachable'
        ? 'The identity provider cannot be reached.'
        : 'The identity provider’s answer cannot be used.',
    provider: 'oidc',
  };
}
