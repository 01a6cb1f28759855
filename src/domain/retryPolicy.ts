import type { Fault } from './fault.ts';

/** How a step is retried. All times in milliseconds. */
export interface RetryPolicy {
  baseMs: number;
  capMs: number;
  /** Attempts after which the step fails for good. */
  attemptsMax: number;
  /** A provider's Retry-After is honoured up to this. */
  retryAfterCapMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  baseMs: 1_000,
  // A minute, not more: when a provider is back, its last waiting order must still meet an SLA of five.
  capMs: 60_000,
  // Six and a half hours of an outage, at half a minute a try.
  attemptsMax: 800,
  retryAfterCapMs: 60 * 60_000,
};

/**
 * Full jitter with an exponential ceiling: uniform in [0, min(cap, base · 2^(attempt-1))].
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt 1 for the delay after the first attempt
 * @param random uniform in [0, 1)
 */
export function fullJitterMs(attempt: number, policy: RetryPolicy, random: number): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 40));
  return Math.floor(random * (ceiling + 1));
}

export type RetryDecision =
  | { then: 'retry'; afterMs: number; spendsAttempt: boolean }
  | { then: 'block'; recheckMs: number }
  | { then: 'fail'; reason: string };

/** How long a blocked step sleeps before it looks again by itself. A new fact wakes it earlier. */
export const blockedRecheckMs = 15 * 60_000;

/** A provider's wish within bounds: a `Retry-After` date in the past must not shorten our own delay. */
function askedWaitMs(wishMs: number, policy: RetryPolicy): number {
  return Math.max(0, Math.min(wishMs, policy.retryAfterCapMs));
}

/**
 * What follows a fault. Pure: the random number comes from the caller.
 *
 * @param attempt the attempt that failed, counted from 1
 */
export function decideAfterFault(
  fault: Pick<Fault, 'kind' | 'reason' | 'retryAfterMs' | 'elsewhere'>,
  attempt: number,
  policy: RetryPolicy,
  random: number,
): RetryDecision {
  if (fault.elsewhere && fault.kind !== 'unknown_effect' && attempt < policy.attemptsMax)
    return {
      then: 'retry',
      afterMs: fullJitterMs(fault.elsewhere === 'now' ? 1 : attempt, policy, random),
      spendsAttempt: true,
    };
  switch (fault.kind) {
    case 'permanent':
      return { then: 'fail', reason: fault.reason };
    case 'needs_human':
      return { then: 'block', recheckMs: fault.retryAfterMs ?? blockedRecheckMs };
    case 'rate_limited': {
      const asked = askedWaitMs(fault.retryAfterMs ?? policy.baseMs, policy);
      // Jitter on top, so that all who were told the same second do not return in the same second.
      return { then: 'retry', afterMs: asked + fullJitterMs(1, policy, random), spendsAttempt: false };
    }
    case 'transient':
    case 'unknown_effect': {
      if (attempt >= policy.attemptsMax) return { then: 'fail', reason: fault.reason };
      const asked = askedWaitMs(fault.retryAfterMs ?? 0, policy);
      return { then: 'retry', afterMs: asked + fullJitterMs(attempt, policy, random), spendsAttempt: true };
    }
  }
}
