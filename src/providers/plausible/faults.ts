import type { FaultDetails } from '../../domain/fault.ts';
import type { OutboundTrouble } from '../outbound.ts';

export type PlausibleFailure =
  | { kind: 'outbound'; trouble: OutboundTrouble }
  | { kind: 'answer'; status: number; retryAfterMs?: number | undefined }
  /** Taken with 202 and thrown away all the same (header `x-plausible-dropped`). */
  | { kind: 'dropped' };

type Row = Omit<FaultDetails, 'provider'>;

const troubles: Record<OutboundTrouble, Row> = {
  aborted: {
    kind: 'unknown_effect',
    reason: 'analytics_answer_lost',
    message: 'Sending the analytics event was called off before the answer.',
  },
  timeout: {
    kind: 'unknown_effect',
    reason: 'analytics_answer_lost',
    message: 'Plausible did not answer in time.',
  },
  connection_lost: {
    kind: 'unknown_effect',
    reason: 'analytics_answer_lost',
    message: 'The connection to Plausible broke off.',
  },
  unreachable: {
    kind: 'transient',
    reason: 'analytics_unreachable',
    message: 'Plausible cannot be reached.',
  },
  redirected: {
    kind: 'needs_human',
    reason: 'analytics_misconfigured',
    message: 'Plausible answered with a redirect. The configured URL is not the events API.',
  },
  forbidden_host: {
    kind: 'needs_human',
    reason: 'analytics_misconfigured',
    message: 'The configured URL is not the one that this adapter was made for.',
  },
  too_large: {
    kind: 'needs_human',
    reason: 'analytics_misconfigured',
    message: 'The answer is not one of Plausible’s events API.',
  },
};

/** The fault table of Plausible's events API, by status. */
export function plausibleFault(failure: PlausibleFailure): FaultDetails {
  return { ...rowOf(failure), provider: 'plausible' };
}

function rowOf(failure: PlausibleFailure): Row {
  if (failure.kind === 'outbound') return troubles[failure.trouble];
  if (failure.kind === 'dropped') {
    return {
      kind: 'needs_human',
      reason: 'analytics_dropped',
      message: 'Plausible dropped the event: unknown domain, or the sender is taken for a robot.',
    };
  }
  const { status, retryAfterMs } = failure;
  const message = `Plausible answered ${status}.`;
  if (status === 429) {
    return {
      kind: 'rate_limited',
      reason: 'analytics_rate_limited',
      message,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  if (status >= 500 || status === 408) return { kind: 'transient', reason: 'analytics_unavailable', message };
  if (status === 401 || status === 403 || status === 404 || status < 300) {
    return { kind: 'needs_human', reason: 'analytics_misconfigured', message };
  }
  return { kind: 'permanent', reason: 'analytics_refused', message };
}
