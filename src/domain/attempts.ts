/** One attempt of a step, or of one of its effects, as the timeline tells it. */
export interface Attempt {
  /** How it ended: `done`, `retry`, `blocked`, `failed`, `skipped`, `waiting`. */
  outcome: string;
  /** Kind of fault (domain/fault.ts); null where there was none. */
  fault: string | null;
  reason: string | null;
  detail: string | null;
  provider: string | null;
}

/** What makes one error another; ids of requests, durations and workers always differ. */
export const comparedFields = ['outcome', 'fault', 'reason', 'detail', 'provider'] as const;
export type ComparedField = (typeof comparedFields)[number];

export interface AttemptDifference {
  field: ComparedField;
  before: string | null;
  now: string | null;
}

/** In what an attempt ended otherwise than an earlier one; empty: just as that one. */
export function compareAttempts(before: Attempt, now: Attempt): AttemptDifference[] {
  return comparedFields
    .filter((field) => before[field] !== now[field])
    .map((field) => ({ field, before: before[field], now: now[field] }));
}

const quoted = (value: string | null) => (value === null ? 'nothing' : JSON.stringify(value));

/** The comparison in a few words: `same as #2`, or what differs. */
export function comparisonText(no: number, differences: readonly AttemptDifference[]): string {
  if (differences.length === 0) return `same as #${no}`;
  const told = differences.map(
    ({ field, before, now }) => `${field} was ${quoted(before)} and is ${quoted(now)}`,
  );
  return `unlike #${no}: ${told.join(', ')}`;
}
