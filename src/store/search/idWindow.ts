import type { TimeBounds } from '../../domain/search/times.ts';
import type { Parameters } from './parameters.ts';

/** The smallest time-ordered key of a moment, as `fulfillment.uuid_v7_floor` makes it. */
export function idFloor(moment: Date): string {
  const hex = Math.max(0, moment.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** When a time-ordered key was made, to the millisecond. */
export function timeOfId(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** Keeps a column of job ids to a stretch of time and below the page before. Always the same shape of text. */
export function withinWindow(
  column: string,
  { from, before }: TimeBounds,
  after: string | null,
  parameters: Parameters,
): string {
  const ends = [before === null ? null : idFloor(before), after].filter((end) => end !== null);
  return [
    ...(from === null ? [] : [`${column} >= ${parameters.add(idFloor(from), 'uuid')}`]),
    ...ends.map((end) => `${column} < ${parameters.add(end, 'uuid')}`),
    'true',
  ].join(' and ');
}

/** The stretch that lies in both. */
export function overlap(one: TimeBounds, other: TimeBounds): TimeBounds {
  const later = (a: Date | null, b: Date | null) => (a && b ? (a > b ? a : b) : (a ?? b));
  const earlier = (a: Date | null, b: Date | null) => (a && b ? (a < b ? a : b) : (a ?? b));
  return { from: later(one.from, other.from), before: earlier(one.before, other.before) };
}
