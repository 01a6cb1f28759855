import { emailKey, readKey } from './keys.ts';
import { termText } from './print.ts';
import type { SearchError, SearchKey, SearchQuery, SearchTerm, SearchVocabulary } from './query.ts';
import { qualifiers, searchLimits } from './query.ts';
import { readTerm } from './terms.ts';
import type { Token } from './tokens.ts';
import { tokensOf, tooLong } from './tokens.ts';

export type SearchReading = { ok: true; query: SearchQuery } | { ok: false; error: SearchError };

type BareReading = { key: SearchKey } | { words: string[] } | { error: SearchError };

/** Marks that cling to what is copied from a sentence or a mail's header. */
const clinging = /^[<>()[\],;]+|[<>()[\],;]+$/g;
const letterOrDigit = /[\p{L}\p{N}]/u;

function readBare({ raw: token, at, negated, parts }: Token): BareReading {
  const { text, quoted } = parts[0] ?? { text: '', quoted: false };
  const plain = quoted ? text : text.replace(clinging, '');
  if (!letterOrDigit.test(plain)) return { words: [] };
  if (negated) {
    const remedy = `Leave the - out, or put the word in quotes: "${plain.slice(0, 60)}".`;
    const message = 'Only a qualifier can be turned round with -, as in -status:completed.';
    return { error: { code: 'cannot_negate', token, at, message, remedy } };
  }
  const wordsOf = () => ({ words: plain.split(' ').filter((word) => letterOrDigit.test(word)) });
  // Quotes say: this is a word, whatever it looks like.
  if (quoted) return wordsOf();
  const reading = readKey(plain);
  if (reading.kind === 'key') return { key: reading.key };
  if (reading.kind === 'none') return wordsOf();
  const message = `${plain.slice(0, 60)} is the id of ${reading.what}, by which nothing can be found here.`;
  return { error: { code: 'unsupported_id', token, at, message, remedy: reading.remedy } };
}

/** `email:` is another way to say that the next thing is an address. */
function readEmail({ raw: token, at, negated, parts }: Token): BareReading {
  const key = !negated && parts.length === 1 ? emailKey(parts[0]?.text ?? '') : undefined;
  if (key) return { key };
  const message = `${token.slice(0, 80)} names no single e-mail address.`;
  const remedy = 'Leave email: out to search for addresses that resemble what you have.';
  return { error: { code: 'bad_value', token, at, message, remedy } };
}

const sorted = (terms: SearchTerm[]) =>
  terms
    .map((term) => ({ term, text: termText(term) }))
    .toSorted(
      (one, other) =>
        qualifiers.indexOf(one.term.qualifier) - qualifiers.indexOf(other.term.qualifier) ||
        Number(one.term.negated) - Number(other.term.negated) ||
        (one.text < other.text ? -1 : 1),
    )
    .filter(({ text }, index, all) => all[index - 1]?.text !== text)
    .map(({ term }) => term);

const sameKey = (one: SearchKey, other: SearchKey) => JSON.stringify(one) === JSON.stringify(other);

function checkWords(words: string[]): SearchError | undefined {
  const all = words.join(' ');
  const { wordsMaxUnits } = searchLimits;
  if (all.length > wordsMaxUnits) {
    const message = `The words of a query have at most ${wordsMaxUnits} characters together.`;
    const remedy = 'Search for a part of the address or the name.';
    return { code: 'too_long', token: `${all.slice(0, 20)}…`, at: 0, message, remedy };
  }
  if (words.length > 0 && (all.match(/[\p{L}\p{N}]/gu) ?? []).length < 3) {
    const message = `${JSON.stringify(all)} is too little to look for.`;
    const remedy = 'Write at least three letters or digits of the address or the name.';
    return { code: 'too_short', token: all, at: 0, message, remedy };
  }
  return undefined;
}

/** A name that may be given once, was given again. */
function givenTwice(
  terms: SearchTerm[],
  next: SearchTerm,
  { raw: token, at }: Token,
): SearchError | undefined {
  const { qualifier } = next;
  if (next.negated || !('values' in next) || qualifier === 'has') return undefined;
  const earlier = terms.find((term) => term.qualifier === qualifier && !term.negated);
  if (!earlier || !('values' in earlier)) return undefined;
  const suggestion = `${qualifier}:${[...new Set([...earlier.values, ...next.values])].join(',')}`;
  const message = `${qualifier}: is given twice, and no order can be both.`;
  const remedy = `To find either, write ${suggestion}.`;
  return { code: 'given_twice', token, at, message, remedy, suggestion };
}

/**
 * Reads the search box. Keys and words stand by themselves, everything else is `qualifier:value`; `-` in front turns
 * a qualifier round. Nothing is ignored but marks without a letter or digit.
 */
export function parseSearch(text: string, vocabulary: SearchVocabulary): SearchReading {
  const long = tooLong(text);
  if (long) return { ok: false, error: long };
  const read = tokensOf(text);
  if ('error' in read) return { ok: false, error: read.error };
  const query: SearchQuery = { keys: [], words: [], terms: [] };
  const excess = read.tokens[searchLimits.tokensMax];
  if (excess) {
    const message = `A query has at most ${searchLimits.tokensMax} parts.`;
    const remedy = 'Search for fewer keys at a time.';
    const { raw: token, at } = excess;
    return { ok: false, error: { code: 'too_many_terms', token, at, message, remedy } };
  }
  for (const token of read.tokens) {
    const error = addToken(query, token, vocabulary);
    if (error) return { ok: false, error };
  }
  const error = checkWords(query.words);
  return error ? { ok: false, error } : { ok: true, query: { ...query, terms: sorted(query.terms) } };
}

function addToken(query: SearchQuery, token: Token, vocabulary: SearchVocabulary): SearchError | undefined {
  if (token.qualifier === null || token.qualifier === 'email') {
    const reading = token.qualifier === null ? readBare(token) : readEmail(token);
    if ('error' in reading) return reading.error;
    if ('words' in reading) query.words.push(...reading.words);
    else if (!query.keys.some((known) => sameKey(known, reading.key))) query.keys.push(reading.key);
    return undefined;
  }
  const reading = readTerm(token, vocabulary);
  if ('error' in reading) return reading.error;
  const error = givenTwice(query.terms, reading.term, token);
  if (!error) query.terms.push(reading.term);
  return error;
}
