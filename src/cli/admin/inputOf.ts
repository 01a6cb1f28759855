import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { Input } from './adminRun.ts';

/** The members that were given: what is left out gets the operation's own default. */
export const inputOf = (given: Readonly<Record<string, PlainJson | undefined>>): Input =>
  Object.fromEntries(
    Object.entries(given).filter((member): member is [string, PlainJson] => member[1] !== undefined),
  );
