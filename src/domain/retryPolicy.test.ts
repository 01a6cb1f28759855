import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultKinds } from './fault.ts';
import { decideAfterFault, defaultRetryPolicy, fullJitterMs } from './retryPolicy.ts';
import type { RetryPolicy } from './retryPolicy.ts';

const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 3_600_000 }),
  attemptsMax: fc.integer({ min: 1, max: 100 }),
  retryAfterCapMs: fc.integer({ min: 0, max: 3_600_000 }),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempt = fc.integer({ min: 1, max: 2_000 });
const retryAfterMs = fc.option(fc.integer({ min: -1_000_000, max: 1_000_000_000 }), { nil: undefined });

function faultOf(kind: (typeof faultKinds)[number], retryAfter?: number) {
  return { kind, reason: 'some_reason', ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }) };
}

const plain: RetryPolicy = { baseMs: 1_000, capMs: 60_000, attemptsMax: 5, retryAfterCapMs: 120_000 };

describe('fullJitterMs', () => {
  it('is a whole number between nothing and the ceiling, which doubles up to the cap', () => {
    fc.assert(
      fc.property(attempt, policy, random, (count, how, share) => {
        const delay = fullJitterMs(count, how, share);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(how.capMs, how.baseMs * 2 ** Math.min(count - 1, 40)));
      }),
    );
  });

  it('reaches both ends', () => {
    expect(fullJitterMs(3, plain, 0)).toBe(0);
    expect(fullJitterMs(3, plain, 1 - Number.EPSILON)).toBe(4_000);
    expect(fullJitterMs(500, plain, 1 - Number.EPSILON)).toBe(60_000);
  });

  it('grows with the random number and with the attempt', () => {
    fc.assert(
      fc.property(attempt, policy, random, random, (count, how, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(fullJitterMs(count, how, low)).toBeLessThanOrEqual(fullJitterMs(count, how, high));
        expect(fullJitterMs(count, how, a)).toBeLessThanOrEqual(fullJitterMs(count + 1, how, a));
      }),
    );
  });
});

describe('decideAfterFault', () => {
  it('stops at once after a permanent fault, whatever the attempt', () => {
    fc.assert(
      fc.property(attempt, policy, random, (count, how, share) => {
        expect(decideAfterFault(faultOf('permanent'), count, how, share)).toEqual({
          then: 'fail',
          reason: 'some_reason',
        });
      }),
    );
  });

  it('blocks when a human is needed and looks again by itself', () => {
    expect(decideAfterFault(faultOf('needs_human'), 99, plain, 0.5)).toEqual({
      then: 'block',
      recheckMs: 900_000,
    });
    expect(decideAfterFault(faultOf('needs_human', 60_000), 1, plain, 0.5)).toEqual({
      then: 'block',
      recheckMs: 60_000,
    });
  });

  it('never gives up and spends no attempt while the provider limits the rate', () => {
    fc.assert(
      fc.property(attempt, policy, random, retryAfterMs, (count, how, share, wish) => {
        const decision = decideAfterFault(faultOf('rate_limited', wish), count, how, share);
        expect(decision).toMatchObject({ then: 'retry', spendsAttempt: false });
      }),
    );
  });

  it('waits at least as long as the provider asked, and not longer than the cap plus one jitter', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('rate_limited', 'transient', 'unknown_effect'),
        policy,
        random,
        (kind, how, share) => {
          for (const wish of [0, 1, how.retryAfterCapMs, how.retryAfterCapMs + 1, 1e12]) {
            const decision = decideAfterFault(faultOf(kind, wish), 0, how, share);
            if (decision.then !== 'retry') throw new Error(`expected a retry, got ${decision.then}`);
            expect(decision.afterMs).toBeGreaterThanOrEqual(Math.min(wish, how.retryAfterCapMs));
            expect(decision.afterMs).toBeLessThanOrEqual(
              how.retryAfterCapMs + Math.min(how.capMs, how.baseMs),
            );
          }
        },
      ),
    );
  });

  it('spreads those who were told the same second', () => {
    const delays = [0, 0.3, 0.9].map((share) =>
      decideAfterFault(faultOf('rate_limited', 30_000), 1, plain, share),
    );
    expect(new Set(delays.map((delay) => JSON.stringify(delay))).size).toBe(3);
  });

  it.each(['transient', 'unknown_effect'] as const)(
    'retries a fault of kind %s until attempts are used up',
    (kind) => {
      expect(decideAfterFault(faultOf(kind), 4, plain, 0.5)).toEqual({
        then: 'retry',
        afterMs: 4_000,
        spendsAttempt: true,
      });
      expect(decideAfterFault(faultOf(kind), 5, plain, 0.5)).toEqual({ then: 'fail', reason: 'some_reason' });
      expect(decideAfterFault(faultOf(kind), 6, plain, 0.5).then).toBe('fail');
    },
  );

  it('never answers with a delay before now, even when Retry-After lies in the past', () => {
    fc.assert(
      fc.property(fc.constantFrom(...faultKinds), attempt, policy, random, (kind, count, how, share) => {
        const decision = decideAfterFault(faultOf(kind, -60_000), count, how, share);
        if (decision.then === 'retry') expect(decision.afterMs).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(decideAfterFault(faultOf('transient', -60_000), 1, plain, 0.5)).toMatchObject({ afterMs: 500 });
  });

  it('outlasts an outage of six hours with the default policy and average luck', () => {
    const delays = Array.from({ length: defaultRetryPolicy.attemptsMax - 1 }, (_, at) =>
      fullJitterMs(at + 1, defaultRetryPolicy, 0.5),
    );
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(6 * 3_600_000);
  });
});
