import type { SearchStore } from '../../ports/search.ts';
import type { Database } from '../shelf/ask.ts';
import { readVocabulary } from './readVocabulary.ts';
import { searchJobs } from './searchJobs.ts';

export interface SearchStoreOptions {
  /** A pool that logs in as `fulfillment_operations`. */
  database: Database;
  /** Steps that go to a provider, by its name, so that `provider:` finds what waits for its first call. */
  stepsOfProvider?: ReadonlyMap<string, readonly string[]>;
  /** About how many jobs one page looks at before it says how far it came. */
  workMax?: number;
}

export function createSearchStore(options: SearchStoreOptions): SearchStore {
  const { database, stepsOfProvider = new Map<string, string[]>(), workMax = 40_000 } = options;
  return {
    search: (request) => searchJobs({ database, stepsOfProvider, workMax }, request),
    readVocabulary: () => readVocabulary(database),
  };
}
