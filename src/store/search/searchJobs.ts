import type { SearchKey, SearchQuery, SearchTerm } from '../../domain/search/query.ts';
import { type SearchAnswer, searchPageMax, type SearchRequest } from '../../ports/search.ts';
import { ask, type Database } from '../shelf/ask.ts';
import { compilePage } from './compile.ts';
import { type Cursor, readCursor, writeCursor } from './cursor.ts';
import { type FoundRow, foundJobOf } from './foundJob.ts';
import { timeOfId } from './idWindow.ts';
import { asksWhere } from './conditions.ts';
import { askedWindow, planSearch } from './plan.ts';
import {
  buyerText,
  findSimilarBuyers,
  findSimilarBuyersInTime,
  hasBuyer,
  type SimilarBuyers,
} from './similarBuyers.ts';

export interface SearchJobsOptions {
  database: Database;
  stepsOfProvider: ReadonlyMap<string, readonly string[]>;
  /** How much one page may look at: about so many jobs, or fewer where each costs further look-ups. */
  workMax: number;
}

const isEmail = (key: SearchKey): key is Extract<SearchKey, { kind: 'email' }> => key.kind === 'email';

/** Whether a query describes its buyer: by words, or by addresses that nobody has exactly. */
async function describesBuyer(database: Database, { keys, words }: SearchQuery): Promise<boolean> {
  if (keys.length === 0) return words.length > 0;
  const emails = keys.filter(isEmail);
  if (emails.length < keys.length || words.length > 0) return false;
  const addresses = emails.map((key) => key.canonical);
  return !(await hasBuyer(database, addresses));
}

async function similarBuyers(database: Database, query: SearchQuery, now: Date): Promise<SimilarBuyers> {
  const text = buyerText(query);
  const buyers = await findSimilarBuyers(database, text);
  const window = askedWindow(query.terms, now);
  // Too many resemble each other: among those who bought at that time, the right one is not lost.
  const narrowed = !buyers.complete && window.from !== null;
  return narrowed ? findSimilarBuyersInTime(database, text, window) : buyers;
}

/** What looking at one job costs beside finding it, in about the same measure. */
function costOf(term: SearchTerm): number {
  if (asksWhere(term)) return 8;
  return term.qualifier === 'reason' || term.qualifier === 'has' ? 2 : 0;
}

/** One page of jobs that a query finds. */
export async function searchJobs(options: SearchJobsOptions, request: SearchRequest): Promise<SearchAnswer> {
  const { database, stepsOfProvider, workMax } = options;
  const { query } = request;
  const { terms } = query;
  const limit = Math.min(Math.max(1, Math.trunc(request.limit)), searchPageMax);
  const begun = request.cursor === undefined ? undefined : readCursor(query, request.cursor);
  if (request.cursor !== undefined && !begun) return { ok: false, reason: 'bad_cursor' };
  const asOf = begun?.asOf ?? request.now;

  const described = await describesBuyer(database, query);
  const plan = planSearch(query, described ? await similarBuyers(database, query, asOf) : undefined, asOf);
  const { page, edge } = compilePage({
    plan,
    terms,
    buyerText: query.words.length > 0 && !described ? buyerText(query).text : null,
    after: begun?.after ?? null,
    limit,
    now: asOf,
    stepsOfProvider,
    scopeMax: Math.ceil(workMax / terms.reduce((cost, term) => cost + costOf(term), 1)),
  });
  const rows = await ask<FoundRow>(database, page.text, page.values);
  const shown = rows.slice(0, limit);
  const full = rows.length > limit;
  // What keys and buyers name is looked at whole.
  const mayBeCut = plan.bound.kind === 'states' || plan.bound.kind === 'time';
  const [atEdge] = full || !mayBeCut ? [] : await ask<EdgeRow>(database, edge.text, edge.values);
  const last = full ? shown.at(-1) : atEdge;
  const after: Cursor['after'] | undefined = last && { id: last.id, likeness: last.likeness };
  return {
    ok: true,
    page: {
      jobs: shown.map(foundJobOf),
      next: after ? writeCursor(query, { after, asOf }) : null,
      searchedBackTo: after && !full ? timeOfId(after.id) : null,
      bound: plan.bound,
      asOf,
    },
  };
}

type EdgeRow = Pick<FoundRow, 'id' | 'likeness'>;
