import { maskAddressesIn } from '../../domain/masking.ts';
import { printSearch } from '../../domain/search/print.ts';
import type { SearchQuery } from '../../domain/search/query.ts';
import { type SearchBound, searchPageMax, type SearchStore } from '../../ports/search.ts';
import { Refusal } from '../frame/refusal.ts';
import { readQuery } from '../orders/readQuery.ts';

/** Pages that may come out short, because enough was looked at for once, beside those that are full. */
const shortPagesMax = 100;

export interface FoundItems {
  jobIds: string[];
  /** The query as it is kept: without a buyer's address. */
  query: string;
}

/**
 * Everything that a query finds, for an action on all of it. What is guessed has no place in it: neither buyers who
 * resemble words, nor a stretch of time that nobody has asked for.
 *
 * @throws Refusal when the query cannot be read, is not exact, finds nothing, or finds more than may be
 */
export async function findItems(
  search: SearchStore,
  { text, now, itemsMax }: { text: string; now: Date; itemsMax: number },
): Promise<FoundItems> {
  const query = await readQuery(search, text).catch(ofThisField);
  insistOnSomethingAsked(query);
  const jobIds: string[] = [];
  let cursor: string | undefined;
  const pagesMax = Math.ceil(itemsMax / searchPageMax) + shortPagesMax;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await search.search({ query, limit: searchPageMax, now, ...(cursor && { cursor }) });
    if (!answer.ok) throw new Error('A search does not know its own cursor.');
    insistOnExact(answer.page.bound);
    jobIds.push(...answer.page.jobs.map(({ jobId }) => jobId));
    if (jobIds.length > itemsMax) throw tooMany(itemsMax);
    if (answer.page.next === null)
      return { jobIds: insistOnSome(jobIds), query: maskAddressesIn(printSearch(query)) };
    cursor = answer.page.next;
  }
  throw tooWide();
}

const refused = (code: string, detail: string, remedy: string) =>
  new Refusal({ kind: 'invalid_input', code, field: 'query', detail, remedy });

/** The search box is called otherwise here. */
function ofThisField(error: unknown): never {
  if (!(error instanceof Refusal)) throw error;
  const { kind, code, message: detail, remedy } = error;
  throw new Refusal({ kind, code, detail, field: 'query', ...(remedy === undefined ? {} : { remedy }) });
}

function insistOnSomethingAsked({ keys, words, terms }: SearchQuery): void {
  if (words.length > 0) throw notExact();
  if (keys.length + terms.length === 0)
    throw refused(
      'query_empty',
      'The query is empty, and an action on everything is never meant.',
      'Say which orders: for example status:failed reason:timeout.',
    );
}

function insistOnExact(bound: SearchBound): void {
  if (bound.kind === 'resembling') throw notExact();
  if (bound.kind === 'time' && bound.byDefault)
    throw refused(
      'query_unbounded',
      'The query does not say how far back it reaches.',
      'Add created: with a beginning, for example created:<2d, or status: with failed, blocked, held or open.',
    );
}

const notExact = () =>
  refused(
    'query_not_exact',
    'Words find buyers who resemble them; an action on many orders takes what is named exactly.',
    'Search first, and name orders, payments or whole addresses; or use qualifiers such as status: and reason:.',
  );

const tooMany = (itemsMax: number) =>
  refused(
    'query_finds_too_many',
    `The query finds more than ${itemsMax} orders.`,
    'Narrow it, for example by a shorter stretch of created:, and plan the rest after it.',
  );

const tooWide = () =>
  refused(
    'query_too_wide',
    'To answer the query too many orders would have to be looked at.',
    'Narrow it by a shorter stretch of created:, or by status:.',
  );

function insistOnSome(jobIds: string[]): string[] {
  if (jobIds.length > 0) return jobIds;
  throw new Refusal({
    kind: 'not_found',
    code: 'query_finds_nothing',
    field: 'query',
    detail: 'The query finds no order.',
    remedy: 'Try it as a search, and see what it finds without one part or the other.',
  });
}
