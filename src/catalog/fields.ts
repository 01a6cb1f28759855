import { isCurrency, isLanguage } from './knownCodes.ts';
import type { Located, LocatedList, LocatedMap, LocatedText, Place } from './located.ts';
import type { Problems } from './problems.ts';

/** One kind of text in a catalogue. */
export interface FieldRule {
  pattern: RegExp;
  /** Whether there is such a thing, beyond its form. */
  isKnown?: (text: string) => boolean;
  /** What it is, as it follows “It is”. */
  what: string;
}

export const rules = {
  slug: {
    pattern: /^[a-z0-9][a-z0-9-]{0,98}[a-z0-9]$/,
    what: 'a short name of a–z, 0–9 and hyphens, for example calm-checkout',
  },
  // oxlint-disable-next-line no-control-regex
  title: { pattern: /^[^\u0000-\u001f\u007f-\u009f]{1,500}$/, what: 'one line of at most 500 characters' },
  language: { pattern: /^[a-z]{2}$/, isKnown: isLanguage, what: 'an ISO 639-1 code, for example en' },
  version: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    what: 'letters, digits, points, hyphens and underscores, for example 1.0.0',
  },
  stripeProduct: { pattern: /^prod_[A-Za-z0-9_]{1,250}$/, what: "the id of Stripe's product, prod_…" },
  stripePrice: { pattern: /^price_[A-Za-z0-9_]{1,250}$/, what: "the id of Stripe's price, price_…" },
  currency: { pattern: /^[A-Za-z]{3}$/, isKnown: isCurrency, what: 'an ISO 4217 code, for example pln' },
} as const satisfies Record<string, FieldRule>;

/** Reads the members of one map, and tells what is missing, wrong or unknown. */
export interface Fields {
  place: Place;
  /** A text that has to be there unless `optional`. Undefined when it is missing or wrong, which has been told then. */
  text(name: string, rule: FieldRule, options?: { optional: true }): LocatedText | undefined;
  list(name: string): LocatedList | undefined;
  map(name: string, options?: { optional: true }): LocatedMap | undefined;
}

/** @param known members that it may have */
export function fieldsOf(map: LocatedMap, known: readonly string[], problems: Problems): Fields {
  for (const [name, value] of map.entries)
    if (!known.includes(name))
      problems.add(
        value,
        `There is no field ${name.slice(0, 40) || 'without a name'} here.`,
        remedyFor(name, known),
      );
  const below = (name: string): Place => ({
    line: map.line,
    column: map.column,
    field: map.field === '' || !map.field.includes('[') ? name : `${map.field}.${name}`,
  });

  function present(name: string, optional: boolean, what: string): Located | undefined {
    const value = map.entries.get(name);
    const empty = value === undefined || (value.kind === 'text' && value.text.trim() === '');
    if (!empty) return value;
    if (!optional) problems.add(value ?? below(name), `${name} is missing.`, `Add it: ${what}.`);
    return undefined;
  }

  return {
    place: map,
    text(
      name,
      { pattern, isKnown = () => true, what }: FieldRule,
      { optional = false }: { optional?: boolean } = {},
    ) {
      const value = present(name, optional, what);
      if (value === undefined) return undefined;
      if (value.kind === 'text' && pattern.test(value.text) && isKnown(value.text)) return value;
      problems.add(value, `${name} is not valid.`, `It is ${what}.`);
      return undefined;
    },
    list(name) {
      const value = present(name, false, 'a list with at least one line');
      if (value === undefined || (value.kind === 'list' && value.items.length > 0)) return value;
      problems.add(
        value,
        `${name} is no list with something in it.`,
        'Begin each of its lines with a hyphen.',
      );
      return undefined;
    },
    map(name, { optional = false }: { optional?: boolean } = {}) {
      const value = present(name, optional, 'lines below it, each with a name, a colon and a value');
      if (value === undefined || value.kind === 'map') return value;
      problems.add(
        value,
        `${name} has no fields.`,
        'Write them below it, each as a name, a colon and a value.',
      );
      return undefined;
    },
  };
}

/** A field with a name close to one that there is, is that one misspelt. */
function remedyFor(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '');
  const meant = known.find(
    (one) =>
      plain(one) === plain(name) ||
      (plain(name).length > 2 && (plain(one).startsWith(plain(name)) || plain(name).startsWith(plain(one)))),
  );
  return meant ? `Is ${meant} meant?` : `Fields here are ${known.join(', ')}.`;
}
