import type { FastifyRequest } from 'fastify';
import type { Identity, IdentityProvider } from '../ports/identity.ts';
import { HttpProblem } from './problem.ts';

/** A refusal that also says how to authenticate (RFC 6750). */
export class Unauthorized extends HttpProblem {
  readonly challenge: string;

  constructor(
    detail: string,
    challenge: string,
    remedy = 'Sign in, and send the access token as "Authorization: Bearer …".',
  ) {
    super({ status: 401, code: 'not_signed_in', detail, remedy });
    this.challenge = challenge;
  }
}

const bearerForm = /^Bearer +([A-Za-z0-9\-._~+/]{1,8192}=*)$/i;

/** The token of an Authorization header; undefined when it holds anything else. */
export const bearerTokenOf = (header: string): string | undefined => bearerForm.exec(header)?.[1];

/** Nobody has said who they are. */
export const notSignedIn = () => new Unauthorized('This needs a signed-in buyer.', 'Bearer realm="shelf"');

/**
 * Who sends this request. Throws `Unauthorized`; and the identity provider's transient `Fault` when its keys cannot
 * be had, which is answered with 503.
 */
export async function authenticate(request: FastifyRequest, identity: IdentityProvider): Promise<Identity> {
  const header = request.headers.authorization;
  if (header === undefined) throw notSignedIn();
  const token = bearerTokenOf(header);
  const verdict = token === undefined ? undefined : await identity.verifyAccessToken(token);
  if (verdict?.valid !== true) {
    throw new Unauthorized(
      'The access token is not valid, or not any more.',
      'Bearer realm="shelf", error="invalid_token"',
    );
  }
  return verdict.identity;
}
