import type { FaultDetails } from '../../domain/fault.ts';
import type { JsonFailure } from '../jsonCall.ts';
import type { OutboundTrouble } from '../outbound.ts';

export type PostHogFailure =
  | JsonFailure
  /** Taken in form and thrown away all the same (`quota_limited` in the answer). */
  | { kind: 'quota_limited' };

type Row = Omit<FaultDetails, 'provider'>;

const lost = (message: string): Row => ({ kind: 'unknown_effect', reason: 'analytics_answer_lost', message });
const misconfigured = (message: string): Row => ({
  kind: 'needs_human',
  reason: 'analytics_misconfigured',
  message,
});

const troubles: Record<OutboundTrouble, Row> = {
  aborted: lost('Sending the analytics event was called off before the answer.'),
  timeout: lost('PostHog did not answer in time.'),
  connection_lost: lost('The connection to PostHog broke off.'),
  unreachable: {
    kind: 'transient',
    reason: 'analytics_unreachable',
    message: 'PostHog cannot be reached.',
  },
  redirected: misconfigured(
    'PostHog answered with a redirect. The configured host is not the ingestion host.',
  ),
  forbidden_host: misconfigured('The configured host is not the one that this adapter was made for.'),
  too_large: misconfigured('The answer is not one of PostHog’s capture API.'),
};

/**
 * The fault table of PostHog's capture API, by status (posthog.com/docs/api/capture; github.com/PostHog/posthog,
 * rust/capture/src/api.rs). Every repeat has the same event id, so an unknown outcome is repeated without harm.
 */
export function postHogFault(failure: PostHogFailure): FaultDetails {
  return { ...rowOf(failure), provider: 'posthog' };
}

function rowOf(failure: PostHogFailure): Row {
  if (failure.kind === 'outbound') return troubles[failure.trouble];
  if (failure.kind === 'malformed') return misconfigured('The answer is not one of PostHog’s capture API.');
  if (failure.kind === 'quota_limited') {
    return {
      kind: 'needs_human',
      reason: 'analytics_quota_exceeded',
      message: 'PostHog dropped the event: the project’s quota is used up.',
    };
  }
  const { status, retryAfterMs } = failure;
  const message = `PostHog answered ${status}.`;
  if (status === 429) {
    return {
      kind: 'rate_limited',
      reason: 'analytics_rate_limited',
      message,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  if (status >= 500 || status === 408) return { kind: 'transient', reason: 'analytics_unavailable', message };
  if (status === 401 || status === 403) {
    return {
      kind: 'needs_human',
      reason: 'posthog_credentials',
      message: 'PostHog refuses the project key.',
    };
  }
  if (status === 404 || status === 405 || status < 400) return misconfigured(message);
  return { kind: 'permanent', reason: 'analytics_refused', message };
}
