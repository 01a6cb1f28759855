import { describe, expect, it } from 'vitest';
import { postHogFault } from './faults.ts';
import type { PostHogFailure } from './faults.ts';

const answer = (status: number): PostHogFailure => ({ kind: 'answer', status, json: undefined });

describe('the fault table of PostHog', () => {
  it.each<[PostHogFailure, string, string]>([
    [answer(304), 'needs_human', 'analytics_misconfigured'],
    [answer(400), 'permanent', 'analytics_refused'],
    [answer(401), 'needs_human', 'posthog_credentials'],
    [answer(403), 'needs_human', 'posthog_credentials'],
    [answer(404), 'needs_human', 'analytics_misconfigured'],
    [answer(405), 'needs_human', 'analytics_misconfigured'],
    [answer(408), 'transient', 'analytics_unavailable'],
    [answer(413), 'permanent', 'analytics_refused'],
    [answer(429), 'rate_limited', 'analytics_rate_limited'],
    [answer(500), 'transient', 'analytics_unavailable'],
    [answer(502), 'transient', 'analytics_unavailable'],
    [answer(503), 'transient', 'analytics_unavailable'],
    [{ kind: 'quota_limited' }, 'needs_human', 'analytics_quota_exceeded'],
    [{ kind: 'malformed', status: 200 }, 'needs_human', 'analytics_misconfigured'],
    [{ kind: 'outbound', trouble: 'unreachable' }, 'transient', 'analytics_unreachable'],
    [{ kind: 'outbound', trouble: 'aborted' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'timeout' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'connection_lost' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'redirected' }, 'needs_human', 'analytics_misconfigured'],
    [{ kind: 'outbound', trouble: 'forbidden_host' }, 'needs_human', 'analytics_misconfigured'],
    [{ kind: 'outbound', trouble: 'too_large' }, 'needs_human', 'analytics_misconfigured'],
  ])('calls %o %s, %s', (failure, kind, reason) => {
    expect(postHogFault(failure)).toMatchObject({ kind, reason, provider: 'posthog' });
  });

  it('passes on the wait that was asked for', () => {
    const failure = { kind: 'answer', status: 429, json: undefined, retryAfterMs: 3_000 } as const;
    expect(postHogFault(failure).retryAfterMs).toBe(3_000);
  });
});
