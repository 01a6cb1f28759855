import { formsOf } from './traces.ts';

/** Something that must not be told, by what it is. */
export type Sentinels = ReadonlyMap<string, string>;

/** Shorter ones are found by chance. */
const sentinelMin = 6;

/**
 * Where one of these is found, in whatever form: `log: the buyer's address`. What it is stands there, and never the thing
 * itself, which would be told once more.
 */
export function leaksIn(places: ReadonlyMap<string, string>, sentinels: Sentinels): string[] {
  const searched = [...sentinels].map(([what, text]) => {
    if (text.length < sentinelMin) throw new RangeError(`${what} is too short to be looked for.`);
    return { what, forms: formsOf(text) };
  });
  return [...places].flatMap(([place, told]) => {
    const text = told.toLowerCase();
    return searched
      .filter(({ forms }) => forms.some((form) => text.includes(form)))
      .map(({ what }) => `${place}: ${what}`);
  });
}

/** Lines of a log out of which something was taken, or which hold an address all the same. */
export const strangeLines = (log: string): string[] =>
  log
    .split('\n')
    .filter((line) =>
      /\[(?:left out|address|card|account|secret|token|code|credentials|query)\]|[\w.]@[\w-]+\.(?:example|test|com)/.test(
        line,
      ),
    );
