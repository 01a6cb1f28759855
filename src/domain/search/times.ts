import type { Moment, Range } from './query.ts';
import { parseRange, printRange, rangeValues } from './ranges.ts';

/** Stretches of time a search may speak of; `m` is minutes. */
const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;
const durationPattern = /^(\d{1,7})([smhdw])$/;
const durationMaxSeconds = 10 * 366 * unitSeconds.d;

/** Reads `90s`, `5m`, `2h`, `3d` or `1w`, in seconds. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = durationPattern.exec(text.toLowerCase()) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const seconds = Number(count) * unitSeconds[unit as keyof typeof unitSeconds];
  return seconds <= durationMaxSeconds ? seconds : undefined;
}

/** The shortest exact text: `90m`, `2h`, `7d`. */
export function durationText(seconds: number): string {
  const units = (['d', 'h', 'm'] as const).find((unit) => seconds % unitSeconds[unit] === 0);
  return seconds === 0 || units === undefined ? `${seconds}s` : `${seconds / unitSeconds[units]}${units}`;
}

const calendarPattern = /^(20\d\d)-(0[1-9]|1[0-2])(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d))?(\S*))?)?$/;
const zonePattern = /^(?:[Zz]|[+-](?:0\d|1[0-4]):[0-5]\d)?$/;

/** Reads a month, a day, a minute or a second; UTC unless it names an offset. */
function parseCalendar(text: string): string | undefined {
  const named = text.toLowerCase();
  if (named === 'today' || named === 'yesterday') return named;
  const [, , , day, hour, minute, second, zone = ''] = calendarPattern.exec(text) ?? [];
  if (day === undefined) return calendarPattern.test(text) ? text : undefined;
  const date = text.slice(0, 10);
  const instant = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes 31 April for the first of May.
  if (Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(date)) return undefined;
  if (hour === undefined) return date;
  if (!zonePattern.test(zone)) return undefined;
  const exact = Date.parse(`${date}T${hour}:${minute}:${second ?? '00'}${zone.toUpperCase() || 'Z'}`);
  if (Number.isNaN(exact)) return undefined;
  return `${new Date(exact).toISOString().slice(0, second === undefined ? 16 : 19)}Z`;
}

function parseMoment(text: string): Moment | undefined {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return { kind: 'ago', seconds };
  const calendar = parseCalendar(text);
  return calendar === undefined ? undefined : { kind: 'calendar', text: calendar };
}

const momentText = (moment: Moment) => (moment.kind === 'ago' ? durationText(moment.seconds) : moment.text);

const namedDays = { today: '9999-12-31', yesterday: '9999-12-30' } as const;
/** Sorts as the times it means; the named days lie behind every date that can be written. */
const sortable = (text: string) => namedDays[text as keyof typeof namedDays] ?? text.replace('Z', '');

function momentsInOrder(from: Moment, to: Moment): boolean {
  if (from.kind === 'ago' || to.kind === 'ago') {
    return from.kind === 'ago' && to.kind === 'ago' && from.seconds <= to.seconds;
  }
  const [first, last] = [sortable(from.text), sortable(to.text)];
  return first <= last || first.startsWith(last);
}

/** Reads the value of `created:`. A stretch of time alone names no moment, so it wants a comparison. */
export function parseCreated(text: string): Range<Moment> | undefined {
  const range = parseRange(text, parseMoment, momentsInOrder);
  return range?.kind === 'is' && range.value.kind === 'ago' ? undefined : range;
}

/** Reads the value of `age:`. */
export function parseAge(text: string): Range<number> | undefined {
  const range = parseRange(text, parseDuration, (from, to) => from <= to);
  return range?.kind === 'is' ? undefined : range;
}

export const createdText = (range: Range<Moment>) => printRange(range, momentText);
export const ageText = (range: Range<number>) => printRange(range, durationText);

/** From `from` on and before `before`; null: without an end on that side. */
export interface TimeBounds {
  from: Date | null;
  before: Date | null;
}

/** The stretch a calendar text means. */
function stretchOf(text: string, now: Date): { start: number; end: number } {
  const dayMs = unitSeconds.d * 1_000;
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  if (text === 'today') return { start: today, end: today + dayMs };
  if (text === 'yesterday') return { start: today - dayMs, end: today };
  if (text.length === 7) {
    const start = new Date(`${text}-01T00:00:00Z`);
    return { start: start.getTime(), end: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1) };
  }
  if (text.length === 10) {
    const start = Date.parse(`${text}T00:00:00Z`);
    return { start, end: start + dayMs };
  }
  const start = Date.parse(text.length === 17 ? `${text.slice(0, 16)}:00Z` : text);
  return { start, end: start + (text.length === 17 ? 60_000 : 1_000) };
}

/** What a range over times ago means: less than 2 d ago is after the moment 2 d before now. */
export function ageBounds(range: Range<number>, now: Date): TimeBounds {
  const at = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
  switch (range.kind) {
    case 'is':
      return { from: at(range.value), before: at(range.value) };
    case 'compare':
      return range.operator.startsWith('<')
        ? { from: at(range.value), before: null }
        : { from: null, before: at(range.value) };
    case 'between':
      return { from: at(range.to), before: at(range.from) };
  }
}

function calendarBounds(range: Range<string>, now: Date): TimeBounds {
  switch (range.kind) {
    case 'is': {
      const { start, end } = stretchOf(range.value, now);
      return { from: new Date(start), before: new Date(end) };
    }
    case 'compare': {
      const { start, end } = stretchOf(range.value, now);
      const bounds = {
        '<': { from: null, before: new Date(start) },
        '<=': { from: null, before: new Date(end) },
        '>': { from: new Date(end), before: null },
        '>=': { from: new Date(start), before: null },
      };
      return bounds[range.operator];
    }
    case 'between': {
      const from = new Date(stretchOf(range.from, now).start);
      return { from, before: new Date(stretchOf(range.to, now).end) };
    }
  }
}

/** The stretch of time that a `created:` range means at this moment. Days and months are taken whole, in UTC. */
export function createdBounds(range: Range<Moment>, now: Date): TimeBounds {
  const agos = rangeValues(range).flatMap((moment) => (moment.kind === 'ago' ? [moment.seconds] : []));
  return agos.length > 0
    ? ageBounds(
        mapRange(range, (moment) => (moment.kind === 'ago' ? moment.seconds : 0)),
        now,
      )
    : calendarBounds(mapRange(range, momentText), now);
}

function mapRange<From, To>(range: Range<From>, map: (value: From) => To): Range<To> {
  return range.kind === 'between'
    ? { kind: 'between', from: map(range.from), to: map(range.to) }
    : { ...range, value: map(range.value) };
}
