import { z } from 'zod';
import { parseDuration } from '../../domain/search/times.ts';

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const instant = z.iso.datetime({ offset: true });

/** Reads `2026-11-22T10:00:00Z`, the beginning of a day in UTC, or a time ago such as `90m`, `24h` or `7d`. */
export function parseMoment(text: string, now: Date): Date | undefined {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return new Date(now.getTime() - seconds * 1_000);
  const given = dayPattern.test(text) ? `${text}T00:00:00Z` : text;
  if (!instant.safeParse(given).success) return undefined;
  const moment = new Date(given);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

const anyTime = new Date(0);

/** A point in time as people give it. */
export const momentInput = (what: string) =>
  z
    .string()
    .max(40)
    .refine((text) => parseMoment(text, anyTime) !== undefined, {
      error:
        'This must be a time like 2026-11-22T10:00:00Z, a day like 2026-11-22, or a time ago like 24h or 7d.',
    })
    .describe(`${what}: 2026-11-22T10:00:00Z, 2026-11-22 (UTC), or a time ago like 24h or 7d.`);

/** The moment of a text that has been checked; the fallback where there is none. */
export const momentOf = (text: string | undefined, now: Date, fallback: Date): Date =>
  (text === undefined ? undefined : parseMoment(text, now)) ?? fallback;
