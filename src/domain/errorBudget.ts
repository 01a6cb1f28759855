import { sloObjective } from './guardrails.ts';

export interface ErrorBudget {
  /** What share of orders was in time; null where none is decided. */
  share: number | null;
  /** How many orders may be late of as many as there were. */
  allowed: number;
  /** How many more may be; below zero once too many were. */
  left: number;
  /** The same as a share of what is allowed: 1 is untouched, 0 is used up. Null where nothing is allowed yet. */
  leftShare: number | null;
  kept: boolean;
}

/** How much of what may go wrong has gone wrong. Orders that are still running count for neither side. */
export function errorBudget({ met, breached }: { met: number; breached: number }): ErrorBudget {
  const decided = met + breached;
  const allowed = rounded(decided * (1 - sloObjective), 3);
  return {
    share: decided === 0 ? null : rounded(met / decided, 6),
    allowed,
    left: rounded(allowed - breached, 3),
    leftShare: allowed === 0 ? null : rounded(1 - breached / allowed, 3),
    kept: breached <= allowed,
  };
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
