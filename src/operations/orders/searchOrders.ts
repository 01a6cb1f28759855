import { z } from 'zod';
import { printSearch } from '../../domain/search/print.ts';
import type { Clock } from '../../ports/clock.ts';
import { searchPageMax, type SearchStore } from '../../ports/search.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { boundSentence } from './boundSentence.ts';
import { foundOrder, foundOrderOf } from './foundOrder.ts';
import { badCursor, queryTextMax, readQuery } from './readQuery.ts';

export const queryInput = z
  .string()
  .max(queryTextMax)
  .describe(
    'Ids, addresses and words, and status: step: reason: provider: age: amount: created: has: with - in front to turn one round. Empty: the latest orders.',
  );

const input = z.strictObject({
  q: queryInput.default(''),
  limit: z.int().min(1).max(searchPageMax).default(25).describe('Rows of a page.'),
  cursor: z.string().max(400).optional().describe('`next` of the page before, of the same query.'),
});

export const boundOutput = z.strictObject({
  kind: z.enum(['keys', 'resembling', 'states', 'time']),
  sentence: z.string().describe('What was looked at, for people.'),
});

const output = z.strictObject({
  orders: z.array(foundOrder),
  next: z.string().nullable().describe('The cursor of the next page; null at the end.'),
  bound: boundOutput,
  searchedBackTo: z
    .string()
    .nullable()
    .describe('The page may be short because enough was looked at: this far back, and `next` goes on.'),
  query: z.string().describe('The query as it was understood.'),
  asOf: z.string().describe('From when times ago count, for all pages.'),
});

export interface SearchOrdersOptions {
  search: SearchStore;
  clock: Clock;
}

/** Finds orders by what people have in hand. */
export function createSearchOrders({
  search,
  clock,
}: SearchOrdersOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'orders:search',
    permission: 'orders:search',
    summary:
      'Find orders by id, receipt, address, words that resemble the buyer, and what is wrong with them',
    path: '/orders',
    byBody: '/orders/search',
    input,
    output,
    async read({ q, limit, cursor }) {
      const query = await readQuery(search, q);
      const now = clock.now();
      const answer = await search.search({ query, limit, now, ...(cursor !== undefined && { cursor }) });
      if (!answer.ok) throw badCursor();
      const { page } = answer;
      return {
        orders: page.jobs.map(foundOrderOf),
        next: page.next,
        bound: { kind: page.bound.kind, sentence: boundSentence(page) },
        searchedBackTo: page.searchedBackTo?.toISOString() ?? null,
        query: printSearch(query),
        asOf: page.asOf.toISOString(),
      };
    },
  };
}
