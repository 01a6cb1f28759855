import { describe, expect, it } from 'vitest';
import { plausibleFault } from './faults.ts';
import type { PlausibleFailure } from './faults.ts';

const answer = (status: number): PlausibleFailure => ({ kind: 'answer', status });

describe('the fault table of Plausible', () => {
  it.each<[PlausibleFailure, string, string]>([
    [answer(400), 'permanent', 'analytics_refused'],
    [answer(413), 'permanent', 'analytics_refused'],
    [answer(401), 'needs_human', 'analytics_misconfigured'],
    [answer(403), 'needs_human', 'analytics_misconfigured'],
    [answer(404), 'needs_human', 'analytics_misconfigured'],
    [answer(204), 'needs_human', 'analytics_misconfigured'],
    [answer(408), 'transient', 'analytics_unavailable'],
    [answer(429), 'rate_limited', 'analytics_rate_limited'],
    [answer(500), 'transient', 'analytics_unavailable'],
    [answer(503), 'transient', 'analytics_unavailable'],
    [{ kind: 'dropped' }, 'needs_human', 'analytics_dropped'],
    [{ kind: 'outbound', trouble: 'unreachable' }, 'transient', 'analytics_unreachable'],
    [{ kind: 'outbound', trouble: 'aborted' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'timeout' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'connection_lost' }, 'unknown_effect', 'analytics_answer_lost'],
    [{ kind: 'outbound', trouble: 'redirected' }, 'needs_human', 'analytics_misconfigured'],
    [{ kind: 'outbound', trouble: 'too_large' }, 'needs_human', 'analytics_misconfigured'],
  ])('calls %o %s, %s', (failure, kind, reason) => {
    expect(plausibleFault(failure)).toMatchObject({ kind, reason, provider: 'plausible' });
  });

  it('passes on the wait that was asked for', () => {
    expect(plausibleFault({ kind: 'answer', status: 429, retryAfterMs: 3_000 }).retryAfterMs).toBe(3_000);
  });
});
