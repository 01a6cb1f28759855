import type { FastifyRequest } from 'fastify';
import type { StaffDesk, StaffAdmission, StaffIdentity, StaffRefusal } from '../../staff/staffDesk.ts';
import { bearerTokenOf, Unauthorized } from '../bearer.ts';
import { HttpProblem } from '../problem.ts';
import { staffCookies } from './cookies.ts';
import { insistOnOwnPage } from './ownPage.ts';
import type { StaffCaller } from './staffCaller.ts';

export interface IdentifyOptions {
  desk: Pick<StaffDesk, 'ofBearer' | 'ofSession'>;
  /** Where the world reaches this service; its origin is our pages'. */
  publicBaseUrl: string;
}

/** Who of the staff sends a request, with all that is known of how they came in. */
export type IdentifiedStaff = StaffCaller & { identity: StaffIdentity };

/**
 * Makes the check of who sends a request: by an access token in the Authorization header, or by the session cookie of
 * our own page; never by both, and never by a token in the URL, where logs and histories keep it.
 *
 * The check throws `Unauthorized` (401), another `HttpProblem` (400, 403), or a transient `Fault`.
 */
export function createIdentify({ desk, publicBaseUrl }: IdentifyOptions) {
  const { session } = staffCookies(publicBaseUrl);
  const ownOrigin = new URL(publicBaseUrl).origin;

  return async (request: FastifyRequest): Promise<IdentifiedStaff> => {
    const { authorization, cookie } = request.headers;
    refuseTokenInQuery(request);
    const sessionToken = session.read(cookie);
    if (authorization !== undefined && sessionToken !== undefined) throw twoCredentials();
    if (authorization !== undefined) {
      insistOnOneAuthorization(request);
      const token = bearerTokenOf(authorization);
      if (token === undefined) throw refusalOf('not_signed_in');
      const channel = request.headers['x-fulfillment-channel'] === 'cli' ? 'cli' : 'api';
      return callerOf(await desk.ofBearer(token, channel), channel);
    }
    if (sessionToken === undefined) throw new Unauthorized('This needs staff who have signed in.', realm);
    insistOnOwnPage(request, ownOrigin);
    return callerOf(await desk.ofSession(sessionToken), 'console');
  };
}

const realm = 'Bearer realm="staff"';

function callerOf(admission: StaffAdmission, channel: StaffCaller['channel']): IdentifiedStaff {
  if (!admission.ok) throw refusalOf(admission.refusal);
  const { identity } = admission;
  const { subject, name, roles } = identity;
  return { subject, ...(name === null ? {} : { name }), roles, channel, identity };
}

function refusalOf(refusal: StaffRefusal): HttpProblem {
  if (refusal === 'not_signed_in')
    return new Unauthorized(
      'The access token or the session is not valid, or not any more.',
      `${realm}, error="invalid_token"`,
      'Sign in again: in the console, or with the command login.',
    );
  return new HttpProblem(refusals[refusal]);
}

const refusals = {
  second_factor_missing: {
    status: 403,
    code: 'second_factor_missing',
    detail: 'You have signed in with one factor; this needs two.',
    remedy: 'Set up a second factor at the identity provider, and sign in again.',
  },
  disabled: {
    status: 403,
    code: 'staff_disabled',
    detail: 'An administrator has shut you out.',
    remedy: 'Ask them why.',
  },
} as const;

function refuseTokenInQuery({ query }: FastifyRequest): void {
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, 'access_token')) return;
  throw new HttpProblem({
    status: 400,
    code: 'token_in_url',
    field: 'access_token',
    detail: 'An access token in the URL is not accepted: it stays in logs and histories.',
    remedy: 'Take this one for public and sign in again. Send it as "Authorization: Bearer …".',
  });
}

/** Node keeps the first of two and drops the other: which one a proxy has looked at is anybody's guess. */
function insistOnOneAuthorization({ raw }: FastifyRequest): void {
  const count = raw.rawHeaders.filter((name, at) => at % 2 === 0 && /^authorization$/i.test(name)).length;
  if (count > 1) throw twoCredentials();
}

const twoCredentials = () =>
  new HttpProblem({
    status: 400,
    code: 'two_credentials',
    detail: 'The request says in two ways who sends it.',
    remedy: 'Send an access token or the session cookie, not both.',
  });
