import { jwtVerify } from 'jose';
import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StaffTokenVerdict } from '../../ports/staff.ts';
import { tokenLengthMax } from './accessTokens.ts';
import { payloadShape } from './claims.ts';
import { keysUnavailable, oidcFailure } from './faults.ts';
import type { Issuer } from './issuer.ts';

export interface IdTokenOptions {
  issuer: Issuer;
  clientId: string;
  clockToleranceSeconds: number;
  clock: Pick<Clock, 'now'>;
}

/** It comes straight from the issuer, so it is fresh. */
const ageMaxSeconds = 10 * 60;

const shape = payloadShape.extend({ nonce: z.string(), azp: z.string().optional() });

/**
 * Checks the ID token of a sign-in (OpenID Connect Core 1.0 §3.1.3.7): signature, issuer, audience, times, nonce, and
 * that it was made for this client.
 *
 * @throws Fault transient, when the issuer's keys cannot be had
 */
export async function checkIdToken(
  token: string,
  nonce: string,
  { issuer, clientId, clockToleranceSeconds, clock }: IdTokenOptions,
): Promise<StaffTokenVerdict> {
  if (token.length > tokenLengthMax) return { valid: false, reason: 'malformed' };
  try {
    const { payload } = await jwtVerify(token, issuer.keys, {
      algorithms: ['RS256'],
      issuer: issuer.issuer,
      audience: clientId,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub', 'nonce'],
      maxTokenAge: ageMaxSeconds,
      currentDate: clock.now(),
    });
    const { data: claims } = shape.safeParse(payload);
    if (!claims) return { valid: false, reason: 'claims_missing' };
    if (claims.nonce !== nonce) return { valid: false, reason: 'wrong_nonce' };
    const forOthersToo = Array.isArray(payload.aud) && payload.aud.length > 1;
    if (claims.azp === undefined ? forOthersToo : claims.azp !== clientId)
      return { valid: false, reason: 'unknown_client' };
    return {
      valid: true,
      token: { subject: claims.sub, expiresAt: new Date(claims.exp * 1000), claims },
    };
  } catch (thrown) {
    const failure = oidcFailure(thrown);
    if (failure.kind === 'bad_token') return { valid: false, reason: failure.reason };
    throw new Fault(keysUnavailable());
  }
}
