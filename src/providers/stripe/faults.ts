import type { FaultDetails } from '../../domain/fault.ts';
import type { OutboundTrouble } from '../outbound.ts';

/** Everything that can come back from Stripe instead of what was asked for. */
export type StripeFailure =
  | { kind: 'outbound'; trouble: OutboundTrouble }
  | { kind: 'answer'; status: number; code?: string; retryAfterMs?: number; requestId?: string }
  /** A 2xx that is not JSON. */
  | { kind: 'unreadable'; requestId?: string }
  /** JSON of another shape than the pinned API version promises; `at` is a path of field names. */
  | { kind: 'shape'; at: string };

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'message'>;

const troubles: Record<OutboundTrouble, Row> = {
  aborted: { kind: 'transient', reason: 'aborted', message: 'The request to Stripe was called off.' },
  timeout: { kind: 'transient', reason: 'stripe_timeout', message: 'Stripe did not answer in time.' },
  unreachable: { kind: 'transient', reason: 'stripe_unreachable', message: 'Stripe cannot be reached.' },
  connection_lost: {
    kind: 'transient',
    reason: 'stripe_unreachable',
    message: 'The connection to Stripe broke off.',
  },
  redirected: {
    kind: 'needs_human',
    reason: 'stripe_shape',
    message: 'Stripe’s API answered with a redirect. A proxy may stand between.',
  },
  forbidden_host: {
    kind: 'needs_human',
    reason: 'stripe_shape',
    message: 'The request would have gone to another host than the configured one.',
  },
  too_large: {
    kind: 'needs_human',
    reason: 'stripe_shape',
    message: 'Stripe’s answer is larger than we accept.',
  },
};

function rowOfStatus(status: number, code: string | undefined): Row {
  const said = `Stripe answered ${status}${code ? ` (${code})` : ''}.`;
  if (status === 429 || code === 'rate_limit') {
    return { kind: 'rate_limited', reason: 'stripe_rate_limited', message: said };
  }
  if (status === 401 || status === 403) {
    return {
      kind: 'needs_human',
      reason: 'stripe_credentials',
      message: `${said} The API key is wrong, expired or lacks a permission.`,
    };
  }
  if (status === 408) return { kind: 'transient', reason: 'stripe_timeout', message: said };
  if (status === 409 || status === 424)
    return { kind: 'transient', reason: 'stripe_conflict', message: said };
  if (status >= 500) return { kind: 'transient', reason: 'stripe_unavailable', message: said };
  return { kind: 'permanent', reason: 'stripe_request_refused', message: said };
}

/** The fault table: what each failure of Stripe's API means for us. All our calls are reads, so none is ambiguous. */
export function stripeFault(failure: StripeFailure): FaultDetails {
  const { retryAfterMs, requestId } = { retryAfterMs: undefined, requestId: undefined, ...failure };
  return {
    ...rowOf(failure),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { providerRequestId: requestId }),
    provider: 'stripe',
  };
}

function rowOf(failure: StripeFailure): Row {
  if (failure.kind === 'outbound') return troubles[failure.trouble];
  if (failure.kind === 'answer') return rowOfStatus(failure.status, failure.code);
  if (failure.kind === 'unreadable') {
    return { kind: 'transient', reason: 'stripe_unreadable', message: 'Stripe’s answer is not JSON.' };
  }
  return {
    kind: 'needs_human',
    reason: 'stripe_shape',
    message: `Stripe’s answer does not have the expected shape at ${failure.at}.`,
  };
}

/** Stripe's word that an object does not exist: 404 for the one asked for, 400 for one named in a filter. */
export function isMissing(failure: StripeFailure): boolean {
  return failure.kind === 'answer' && failure.code === 'resource_missing';
}
