import { guardrails } from '../src/domain/guardrails.ts';

/** Milliseconds as the seconds of an expression. */
export const seconds = (ms: number): number => ms / 1000;

const collected = 'fulfillment_collector_last_success_timestamp_seconds';
const sameProcess = 'and on (job, instance)';
const fresh = `(${collected} > time() - ${seconds(guardrails.collectorStaleMs)})`;
const everRead = `(${collected} > 0)`;

/**
 * A gauge of database truth. All processes show the same one, so it is `max`, never `sum`; and a process whose look at
 * the database is old is heard only where none has a newer one: it may still show what is long over. One that has never
 * read the database shows zeros that nobody has counted, and is not heard at all.
 */
export const truth = (series: string): string =>
  `(max(${series} ${sameProcess} ${fresh}) or max(${series} ${sameProcess} ${everRead}))`;

/** As `truth`, added up over what `by` tells apart. */
export function truthSum(series: string, by: string): string {
  const of = (heard: string) => `sum(max by (${by}) (${series} ${sameProcess} ${heard}))`;
  return `(${of(fresh)} or ${of(everRead)})`;
}

/** As `truth`, with a value for each of what `by` tells apart. `or on ()`: what only an old look shows is gone. */
export const truthBy = (series: string, by: string): string =>
  `(max by (${by}) (${series} ${sameProcess} ${fresh}) or on () max by (${by}) (${series} ${sameProcess} ${everRead}))`;

/** When any process last looked at the database, in seconds of Unix time. */
const lookedAt = `max(${collected} > 0)`;

/** For how many seconds something waits, from the time in a gauge; 0 there is nothing. It goes on waiting while nobody looks. */
export const waitingSince = (series: string): string => `time() - (${truth(series)} > 0)`;

/**
 * For how many seconds a sign of life was missing when somebody last looked. While nobody can look, nothing is known to
 * be missing: that is one alarm about the looking, not one about each thing that is looked for.
 */
export const silentFor = (series: string): string => `${lookedAt} - (${truth(series)} > 0)`;
