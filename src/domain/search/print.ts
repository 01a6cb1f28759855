import { amountText } from './amounts.ts';
import { keyText, readKey } from './keys.ts';
import type { SearchQuery, SearchTerm } from './query.ts';
import { ageText, createdText } from './times.ts';
import { quoted, tokensOf } from './tokens.ts';

const plainValue = /^[\p{L}\p{N}_.@-]+$/u;

function valueText(term: SearchTerm): string {
  switch (term.qualifier) {
    case 'age':
      return ageText(term.range);
    case 'amount':
      return amountText(term);
    case 'created':
      return createdText(term.range);
    default:
      return term.values.map((value) => (plainValue.test(value) ? value : quoted(value))).join(',');
  }
}

/** A term as it stands in a query, for example `-status:completed`. */
export function termText(term: SearchTerm): string {
  return `${term.negated ? '-' : ''}${term.qualifier}:${valueText(term)}`;
}

/** A word that is no more than itself when it is read again. */
function staysAWord(word: string): boolean {
  const read = tokensOf(word);
  if (!('tokens' in read) || read.tokens.length !== 1 || !plainValue.test(word)) return false;
  const [token] = read.tokens;
  return token?.qualifier === null && !token.negated && readKey(word).kind === 'none';
}

/** The query as text. Reading it again gives the same query. */
export function printSearch({ keys, words, terms }: SearchQuery): string {
  return [
    ...keys.map(keyText),
    ...words.map((word) => (staysAWord(word) ? word : quoted(word))),
    ...terms.map(termText),
  ].join(' ');
}
