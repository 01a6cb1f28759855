import type { AmountRange } from './amounts.ts';
import { currencies, parseAmount } from './amounts.ts';
import { nearest } from './editDistance.ts';
import type { Qualifier, SearchError, SearchTerm, SearchVocabulary } from './query.ts';
import { qualifiers, searchLimits } from './query.ts';
import { parseAge, parseCreated } from './times.ts';
import type { Token } from './tokens.ts';
import { type NamedQualifier, readName, unknownName } from './values.ts';

export type TermReading = { term: SearchTerm } | { error: SearchError };

const ranged = {
  age: 'Write a comparison with s, m, h, d or w, for example age:>5m or age:1h..2d.',
  amount: 'Write main units with a point, for example amount:49, amount:>20.50 or amount:10..50EUR.',
  created:
    'Write UTC days or times ago, for example created:2026-11-01..2026-11-05, created:today or created:<2d.',
} as const;

const isQualifier = (name: string): name is Qualifier => (qualifiers as readonly string[]).includes(name);

/** Reads a token with a qualifier. */
export function readTerm(token: Token, vocabulary: SearchVocabulary): TermReading {
  const { raw, at, negated, parts } = token;
  const qualifier = token.qualifier ?? '';
  if (!isQualifier(qualifier)) return { error: unknownQualifier(token) };
  if (parts.some(({ text }) => text.trim() === '')) {
    const remedy =
      qualifier in ranged
        ? ranged[qualifier as keyof typeof ranged]
        : `Write a value after ${qualifier}: without a blank.`;
    const message = `${raw} lacks a value.`;
    return { error: { code: 'missing_value', token: raw, at, message, remedy } };
  }
  switch (qualifier) {
    case 'age':
    case 'amount':
    case 'created':
      return readRanged(qualifier, token);
    default:
      return readNamed({ qualifier, negated }, token, vocabulary);
  }
}

function unknownQualifier({ raw, at, negated, qualifier, parts }: Token): SearchError {
  const names = [...qualifiers, 'email'];
  const meant = nearest(qualifier ?? '', names);
  const rest = parts.map(({ text }) => text).join(',');
  const error: SearchError = {
    code: 'unknown_qualifier',
    token: raw,
    at,
    message: `There is no qualifier ${qualifier ?? ''}:.`,
    remedy: meant
      ? `Did you mean ${meant}:?`
      : `Use one of ${names.map((name) => `${name}:`).join(' ')}, or put the text in quotes to look for it as words.`,
  };
  return meant === undefined ? error : { ...error, suggestion: `${negated ? '-' : ''}${meant}:${rest}` };
}

function readNamed(
  { qualifier, negated }: { qualifier: NamedQualifier; negated: boolean },
  { raw, at, parts }: Token,
  vocabulary: SearchVocabulary,
): TermReading {
  const { valuesMax } = searchLimits;
  if (parts.length > valuesMax) {
    const message = `${qualifier}: takes at most ${valuesMax} values.`;
    const remedy = 'Ask for fewer at a time.';
    return { error: { code: 'too_many_terms', token: raw, at, message, remedy } };
  }
  const values = new Set<string>();
  for (const { text } of parts) {
    const name = readName(qualifier, text, vocabulary);
    if (name === undefined) {
      return { error: unknownName({ qualifier, typed: text }, { token: raw, at }, vocabulary) };
    }
    values.add(name);
  }
  return { term: { qualifier, negated, values: [...values].toSorted() } };
}

function readRanged(qualifier: keyof typeof ranged, token: Token): TermReading {
  const { raw, at, negated, parts } = token;
  const text = parts
    .map((part) => part.text)
    .join(',')
    .trim();
  const refused = (remedy: string): TermReading => ({
    error: { code: 'bad_value', token: raw, at, message: `${raw} cannot be understood.`, remedy },
  });
  switch (qualifier) {
    case 'age': {
      const range = parseAge(text);
      return range ? { term: { qualifier, negated, range } } : refused(ranged.age);
    }
    case 'created': {
      const range = parseCreated(text);
      return range ? { term: { qualifier, negated, range } } : refused(ranged.created);
    }
    case 'amount': {
      const amount = parseAmount(text);
      if (!amount) return refused(ranged.amount);
      return currencyError(amount, token) ?? { term: { qualifier, negated, ...amount } };
    }
  }
}

function currencyError({ currency }: AmountRange, { raw, at }: Token): TermReading | undefined {
  if (currency === null || currencies.includes(currency)) return undefined;
  const meant = nearest(currency, currencies);
  const message = `${currency} is no currency.`;
  const remedy = meant ? `Did you mean ${meant}?` : 'Write its three-letter code, for example EUR.';
  const error: SearchError = { code: 'unknown_value', token: raw, at, message, remedy };
  return {
    error: meant === undefined ? error : { ...error, suggestion: raw.replace(/[A-Za-z]{3}$/, meant) },
  };
}
