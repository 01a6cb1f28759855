import { describe, expect, it } from 'vitest';
import { outboundTroubles } from '../outbound.ts';
import { isMissing, stripeFault } from './faults.ts';
import type { StripeFailure } from './faults.ts';

const answer = (status: number, code?: string): StripeFailure => ({
  kind: 'answer',
  status,
  ...(code && { code }),
});

describe('the fault table of Stripe', () => {
  it.each<[StripeFailure, string, string]>([
    [answer(400), 'permanent', 'stripe_request_refused'],
    [answer(400, 'parameter_unknown'), 'permanent', 'stripe_request_refused'],
    [answer(400, 'rate_limit'), 'rate_limited', 'stripe_rate_limited'],
    [answer(401), 'needs_human', 'stripe_credentials'],
    [answer(401, 'api_key_expired'), 'needs_human', 'stripe_credentials'],
    [answer(402), 'permanent', 'stripe_request_refused'],
    [answer(403), 'needs_human', 'stripe_credentials'],
    [answer(404), 'permanent', 'stripe_request_refused'],
    [answer(408), 'transient', 'stripe_timeout'],
    [answer(409), 'transient', 'stripe_conflict'],
    [answer(409, 'lock_timeout'), 'transient', 'stripe_conflict'],
    [answer(424), 'transient', 'stripe_conflict'],
    [answer(429), 'rate_limited', 'stripe_rate_limited'],
    [answer(429, 'lock_timeout'), 'rate_limited', 'stripe_rate_limited'],
    [answer(500), 'transient', 'stripe_unavailable'],
    [answer(502), 'transient', 'stripe_unavailable'],
    [answer(503), 'transient', 'stripe_unavailable'],
    [answer(504), 'transient', 'stripe_unavailable'],
    [{ kind: 'unreadable' }, 'transient', 'stripe_unreadable'],
    [{ kind: 'shape', at: 'currency' }, 'needs_human', 'stripe_shape'],
    [{ kind: 'outbound', trouble: 'aborted' }, 'transient', 'aborted'],
    [{ kind: 'outbound', trouble: 'timeout' }, 'transient', 'stripe_timeout'],
    [{ kind: 'outbound', trouble: 'unreachable' }, 'transient', 'stripe_unreachable'],
    [{ kind: 'outbound', trouble: 'connection_lost' }, 'transient', 'stripe_unreachable'],
    [{ kind: 'outbound', trouble: 'redirected' }, 'needs_human', 'stripe_shape'],
    [{ kind: 'outbound', trouble: 'too_large' }, 'needs_human', 'stripe_shape'],
  ])('calls %o %s, %s', (failure, kind, reason) => {
    expect(stripeFault(failure)).toMatchObject({ kind, reason, provider: 'stripe' });
  });

  it('never calls a read ambiguous', () => {
    const kinds = outboundTroubles.map((trouble) => stripeFault({ kind: 'outbound', trouble }).kind);
    expect(kinds).not.toContain('unknown_effect');
  });

  it('passes on the wait that was asked for and the request’s id', () => {
    const failure = { kind: 'answer', status: 429, retryAfterMs: 7_000, requestId: 'req_1' } as const;
    expect(stripeFault(failure)).toMatchObject({ retryAfterMs: 7_000, providerRequestId: 'req_1' });
  });

  it('tells a missing object from a missing path', () => {
    expect(isMissing(answer(404, 'resource_missing'))).toBe(true);
    expect(isMissing(answer(400, 'resource_missing'))).toBe(true);
    expect(isMissing(answer(404))).toBe(false);
    expect(isMissing({ kind: 'unreadable' })).toBe(false);
  });
});
