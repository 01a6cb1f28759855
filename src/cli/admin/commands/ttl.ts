import { readDuration } from '../adminOptions.ts';
import { type Given, numberOf, option } from '../command.ts';

/** A pause always ends by itself. */
export const ttl = option('--ttl <time>', 'how long, up to a day: it ends by itself', {
  parse: readDuration,
  required: true,
});

/** Whole minutes, rounded up. */
export const minutesOf = (given: Given): number => Math.ceil((numberOf(given, 'ttl') ?? 0) / 60_000);
