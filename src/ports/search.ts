import type { JobState } from '../domain/job.ts';
import type { SearchQuery, SearchVocabulary } from '../domain/search/query.ts';

/** One job as a list shows it. What belongs to a payment is null for a job without one. */
export interface FoundJob {
  jobId: string;
  /** `fulfil` for the order itself. */
  kind: string;
  /** What support reads: `pending_email`, `blocked: unknown_product`, `failed: receipt`, `completed`, … */
  status: string;
  state: JobState;
  reason: string | null;
  failedStep: string | null;
  /** A mail was accepted, and nothing proves it yet. */
  mailUnproven: boolean;
  orderId: string | null;
  paymentKey: string | null;
  livemode: boolean | null;
  /** Minor units; null until the order is resolved. */
  amountMinor: number | null;
  currency: string | null;
  /** The buyer's masked address; null until the order is resolved. */
  buyer: string | null;
  /** `R-2026/000123` */
  receiptNumber: string | null;
  createdAt: Date;
  slaDeadline: Date;
  finishedAt: Date | null;
  /** When it is next due; null when nothing can move by itself. */
  dueAt: Date | null;
  /** How much the buyer resembles the words that were typed, 0 to 1000; null where nothing was compared. */
  likeness: number | null;
}

/** What was looked at, for whoever asked to see. Every search has one of these bounds. */
export type SearchBound =
  /** What the keys name. */
  | { kind: 'keys' }
  /**
   * Orders of buyers who resemble the words, or an address that nobody has exactly. Not `complete`: there are more such
   * buyers, and a stretch of time (`created:`) would tell them apart.
   */
  | { kind: 'resembling'; buyers: number; complete: boolean }
  /** Jobs in these states alone. */
  | { kind: 'states'; states: JobState[] }
  /** Jobs accepted in this stretch of time. `byDefault`: nobody asked for its beginning. */
  | { kind: 'time'; from: Date; before: Date | null; byDefault: boolean };

export interface FoundPage {
  /** The latest first; where words were compared, the most similar first. */
  jobs: FoundJob[];
  /** Where to go on; null at the end. */
  next: string | null;
  /**
   * The page may be short because enough was looked at for once: this far back, and `next` goes on from there. Null
   * when the page is full or everything was seen.
   */
  searchedBackTo: Date | null;
  bound: SearchBound;
  /** The moment that times ago count from, for all pages of a search. */
  asOf: Date;
}

export interface SearchRequest {
  query: SearchQuery;
  /** 1 to `searchPageMax`. */
  limit: number;
  /** `next` of the page before, of the same query. */
  cursor?: string;
  now: Date;
}

export const searchPageMax = 200;

export type SearchAnswer =
  | { ok: true; page: FoundPage }
  /** The cursor is of another query, or none at all. */
  | { ok: false; reason: 'bad_cursor' };

/** Finds jobs. A database that cannot be reached is a transient `Fault`, reason `database_unavailable`. */
export interface SearchStore {
  search(request: SearchRequest): Promise<SearchAnswer>;
  /** The names that unfinished and failed jobs use just now, for the search box to know and to offer. */
  readVocabulary(): Promise<SearchVocabulary>;
}
