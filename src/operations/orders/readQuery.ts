import { maskAddressesIn } from '../../domain/masking.ts';
import { parseSearch } from '../../domain/search/parse.ts';
import { searchLimits, type SearchError, type SearchQuery } from '../../domain/search/query.ts';
import type { SearchStore } from '../../ports/search.ts';
import { Refusal } from '../frame/refusal.ts';

/** More than a query may have, so that one that is too long is told so in words of its own. */
export const queryTextMax = searchLimits.textMaxUnits * 4;

/**
 * Reads the search box by the names that are in use just now.
 *
 * @throws Refusal that says which part is meant and what to write instead
 */
export async function readQuery(
  store: Pick<SearchStore, 'readVocabulary'>,
  text: string,
): Promise<SearchQuery> {
  const reading = parseSearch(text, await store.readVocabulary());
  if (reading.ok) return reading.query;
  throw unreadable(reading.error);
}

function unreadable({ code, message, remedy, suggestion }: SearchError): Refusal {
  const told = suggestion === undefined || remedy.includes(suggestion) ? remedy : `${remedy} (${suggestion})`;
  // It repeats what was typed, and what was typed may be half an address.
  return new Refusal({
    kind: 'invalid_input',
    code,
    field: 'q',
    detail: maskAddressesIn(message),
    remedy: maskAddressesIn(told),
  });
}

export const badCursor = () =>
  new Refusal({
    kind: 'invalid_input',
    code: 'bad_cursor',
    field: 'cursor',
    detail: 'This cursor is of another query, or none at all.',
    remedy: 'Leave it out to begin again, or repeat the query that gave it, letter by letter.',
  });
