import { localeOf } from './locale.ts';
import type { Language } from './order.ts';
import { remembered } from './remembered.ts';

const dayFormat = remembered(
  (timeZone: string) =>
    new Intl.DateTimeFormat('en', {
      timeZone,
      calendar: 'gregory',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }),
);
const longDayFormat = remembered(
  (locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }),
);
const timeFormat = remembered(
  (locale: string, timeZone: string) =>
    new Intl.DateTimeFormat(locale, {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    }),
);

/** The day on which an instant falls in a time zone, as `YYYY-MM-DD`. */
export function dayIn(timeZone: string, instant: Date): string {
  const parts = dayFormat(timeZone).formatToParts(instant);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** A day as people write it: "24 November 2025", "24 listopada 2025". */
export function dayText(day: string, language: Language): string {
  return longDayFormat(localeOf(language)).format(new Date(`${day}T00:00:00Z`));
}

/** A moment as people write it, with the zone: "24 November 2025, 14:05 CET". */
export function momentText(instant: Date, timeZone: string, language: Language): string {
  const day = dayText(dayIn(timeZone, instant), language);
  const time = timeFormat(localeOf(language), timeZone).format(instant);
  return `${day}, ${time}`;
}
