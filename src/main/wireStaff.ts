import type pg from 'pg';
import type { DeviceSignIn, DoorBook, SignInTerms } from '../ports/staff.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createIdentify } from '../http/admin/identify.ts';
import { callbackUrl, signInRoutes } from '../http/admin/signIn.ts';
import { createOidcDeviceSignIn } from '../providers/oidc/deviceSignIn.ts';
import { createOidcStaff } from '../providers/oidc/staff.ts';
import { createSeal } from '../staff/seal.ts';
import { createStaffSignIn } from '../staff/signIn.ts';
import { createStaffDesk } from '../staff/staffDesk.ts';
import { createStaffPeople } from '../store/staff/people.ts';
import { createStaffSessions } from '../store/staff/sessions.ts';
import type { Config, StaffConfig } from './config.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';

interface Parts {
  /** Logs in as `fulfillment_operations`. */
  pool: pg.Pool;
  telemetry: Telemetry;
  book: DoorBook;
}

const oidcTimeoutMs = 5_000;
/** Providers make staff's tokens for a day at most; one that says more is not believed that long. */
const tokenAgeMaxSeconds = 24 * 3600;

/** Who of the staff is at the door: for the API, and for the command line when the API is down. */
export function wireStaffDoor(config: Config, staff: StaffConfig, { pool, telemetry, book }: Parts) {
  const { publicBaseUrl } = config.http;
  const { tokens, signIn: provider } = createOidcStaff({
    issuer: staff.issuer,
    audience: staff.audience,
    foreignAudiences: [config.identity.audience],
    clientId: staff.clientId,
    clientSecret: staff.clientSecret ?? undefined,
    otherClientIds: [staff.cliClientId, ...staff.otherClientIds],
    redirectUri: callbackUrl(publicBaseUrl),
    clockToleranceSeconds: 30,
    ageMaxSeconds: tokenAgeMaxSeconds,
    timeoutMs: oidcTimeoutMs,
    cacheMaxAgeMs: 10 * 60_000,
    cooldownMs: 30_000,
    allowHttp: new URL(staff.issuer).protocol === 'http:',
    clock: systemClock,
  });
  const common = {
    people: createStaffPeople(pool),
    sessions: createStaffSessions(pool),
    claims: { roles: staff.rolesClaim, methods: staff.methodsClaims },
    secondFactor: { required: staff.mfaRequired, accepted: staff.mfaMethods },
    book,
    clock: systemClock,
    telemetry,
  };
  return { provider, common, desk: createStaffDesk({ ...common, tokens }) };
}

/** How staff come in by HTTP: who sends a request, and the pages of signing in. */
export function wireStaff(config: Config, staff: StaffConfig, parts: Parts) {
  const { publicBaseUrl } = config.http;
  const { provider, common, desk } = wireStaffDoor(config, staff, parts);
  const signIn = createStaffSignIn({
    ...common,
    provider,
    random: systemRandom,
    seal: createSeal(
      config.linkKeys.map((key) => deriveKey(key, 'staff-sign-in')),
      systemRandom,
    ),
  });
  return {
    identify: createIdentify({ desk, publicBaseUrl }),
    routes: signInRoutes({
      signIn,
      desk,
      terms: { issuer: staff.issuer, clientId: staff.cliClientId, audience: staff.audience },
      publicBaseUrl,
      telemetry: parts.telemetry,
      clock: systemClock,
    }),
  };
}

/** The identity provider as the command line asks it. The terms come from the service. */
export function createDeviceSignIn(terms: SignInTerms): DeviceSignIn {
  return createOidcDeviceSignIn({
    ...terms,
    timeoutMs: oidcTimeoutMs,
    allowHttp: new URL(terms.issuer).protocol === 'http:',
  });
}
