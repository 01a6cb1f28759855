import { jwtVerify } from 'jose';
import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import { accessTokenClaims, type CheckedClaims } from './claims.ts';
import { keysUnavailable, oidcFailure } from './faults.ts';
import type { Issuer } from './issuer.ts';

export interface AccessTokenOptions {
  issuer: Issuer;
  audience: string;
  /** Audiences that must not stand beside ours: one token must not open two doors. */
  foreignAudiences?: readonly string[] | undefined;
  /** Clients whose tokens are good. Default: any of the issuer's. */
  clientIds?: readonly string[] | undefined;
  /** At most 60. */
  clockToleranceSeconds: number;
  /** Also demands that the token says when it was issued. Default: no limit. */
  ageMaxSeconds?: number | undefined;
  clock?: Pick<Clock, 'now'> | undefined;
}

/** Larger than any access token; nothing longer is decoded. */
export const tokenLengthMax = 16_384;

/**
 * Checks access tokens of one issuer for one audience, signed with RS256. Keys that a token brings along (`jku`, `jwk`,
 * `x5u`) are not looked at.
 *
 * @returns a check that throws a transient `Fault` when the issuer's keys cannot be had
 */
export function createAccessTokenCheck(
  options: AccessTokenOptions,
): (token: string) => Promise<CheckedClaims> {
  const { issuer, audience, clockToleranceSeconds, clock = { now: () => new Date() } } = options;
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 60)) {
    throw new TypeError('The clock tolerance must be between 0 and 60 seconds.');
  }

  return async (token) => {
    if (token.length > tokenLengthMax) return { valid: false, reason: 'malformed' };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, issuer.keys, {
        algorithms: ['RS256'],
        issuer: issuer.issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: clock.now(),
        ...(options.ageMaxSeconds === undefined ? {} : { maxTokenAge: options.ageMaxSeconds }),
      });
      if ([payload.aud].flat().some((one) => one !== undefined && options.foreignAudiences?.includes(one)))
        return { valid: false, reason: 'foreign_audience' };
      if (!isOfClient(payload, options.clientIds)) return { valid: false, reason: 'unknown_client' };
      return accessTokenClaims(protectedHeader, payload);
    } catch (thrown) {
      const failure = oidcFailure(thrown);
      if (failure.kind === 'bad_token') return { valid: false, reason: failure.reason };
      throw new Fault(keysUnavailable());
    }
  };
}

/** The client it was issued to: `client_id` (RFC 9068), or `azp` before that. One that names none is not refused. */
function isOfClient(payload: Record<string, unknown>, clientIds: readonly string[] | undefined): boolean {
  if (clientIds === undefined) return true;
  return [payload['client_id'], payload['azp']].every(
    (client) => client === undefined || (typeof client === 'string' && clientIds.includes(client)),
  );
}
