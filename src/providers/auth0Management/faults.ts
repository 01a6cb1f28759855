import type { FaultDetails } from '../../domain/fault.ts';
import type { JsonFailure } from '../jsonCall.ts';

/** The fault table of Auth0's Management API (auth0.com/docs/api/management/v2, status codes of each call). */
export function auth0Fault(failure: JsonFailure): FaultDetails {
  return { ...rowOf(failure), provider: 'auth0' };
}

function rowOf(failure: JsonFailure): Omit<FaultDetails, 'provider'> {
  if (failure.kind !== 'answer') {
    return {
      kind: 'transient',
      reason: failure.kind === 'outbound' ? 'auth0_unreachable' : 'auth0_answer_unusable',
      message:
        failure.kind === 'outbound'
          ? 'Auth0 cannot be reached, or gave no answer.'
          : 'Auth0 answered with something that is none of its answers.',
    };
  }
  const { status, retryAfterMs } = failure;
  const message = `Auth0 answered ${status}.`;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) return { kind: 'rate_limited', reason: 'auth0_rate_limited', message, ...wait };
  if (status >= 500 || status === 408)
    return { kind: 'transient', reason: 'auth0_unavailable', message, ...wait };
  if (status === 401 || status === 403)
    return {
      kind: 'permanent',
      reason: 'auth0_refused',
      message: `${message} Check AUTH0_MANAGEMENT_CLIENT_ID, its secret and its scopes: read:users, create:users, create:user_tickets.`,
    };
  return {
    kind: 'permanent',
    reason: 'auth0_rejected',
    message: `${message} Check AUTH0_MANAGEMENT_CONNECTION and AUTH0_INVITATION_CLIENT_ID.`,
  };
}
