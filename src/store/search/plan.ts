import { type JobState, jobStates } from '../../domain/job.ts';
import type { SearchQuery, SearchTerm } from '../../domain/search/query.ts';
import { ageBounds, createdBounds, type TimeBounds } from '../../domain/search/times.ts';
import type { SearchBound } from '../../ports/search.ts';
import { overlap } from './idWindow.ts';
import { jobsInStates, jobsInTime, jobsOfBuyers, jobsOfKeys, keptApart, type Scope } from './scopes.ts';
import type { SimilarBuyers } from './similarBuyers.ts';

/** How a query will be answered: what is looked at, in which stretch of time. */
export interface SearchPlan {
  bound: SearchBound;
  scope: Scope;
  window: TimeBounds;
  /** Ordered by likeness first. */
  ranked: boolean;
}

/** How far back a search looks that names no beginning. */
const defaultMs = 30 * 86_400_000;

const unfinished: readonly JobState[] = ['open', 'blocked', 'held'];

/** The stretch that the query itself asks for. */
export function askedWindow(terms: readonly SearchTerm[], now: Date): TimeBounds {
  let window: TimeBounds = { from: null, before: null };
  for (const term of terms) {
    if (term.negated) continue;
    if (term.qualifier === 'created') window = overlap(window, createdBounds(term.range, now));
    if (term.qualifier === 'age') window = overlap(window, ageBounds(term.range, now));
  }
  return window;
}

/** States a query can find anything in, as far as its terms tell. */
function statesOf(terms: readonly SearchTerm[]): JobState[] {
  let states: JobState[] = [...jobStates];
  const keep = (kept: readonly string[]) => {
    states = states.filter((state) => kept.includes(state));
  };
  for (const term of terms) {
    if (term.qualifier === 'age') keep(unfinished);
    else if (term.qualifier === 'status') {
      const named = term.values.map((value) => (value.startsWith('pending_') ? 'open' : value));
      if (!term.negated) keep(named);
      // Without `pending_email` there are still other open ones.
      else keep(jobStates.filter((state) => !term.values.includes(state)));
    }
  }
  return states;
}

const asksWhatIsWrong = ({ qualifier, negated }: SearchTerm) =>
  !negated && (qualifier === 'step' || qualifier === 'reason' || qualifier === 'provider');

/** The states by which a query is bounded; undefined when it must be bounded by time. */
function boundingStates(terms: readonly SearchTerm[]): JobState[] | undefined {
  const states = statesOf(terms);
  if (states.every((state) => keptApart.includes(state))) return states;
  // What waits, is blocked or has failed at a step: nobody means the finished ones unless they say so.
  const saysWhich = terms.some(({ qualifier }) => qualifier === 'status' || qualifier === 'created');
  if (!saysWhich && terms.some(asksWhatIsWrong)) return [...keptApart];
  return undefined;
}

/** @param buyers those who resemble the query's words or its unknown address, once they were looked for */
export function planSearch(query: SearchQuery, buyers: SimilarBuyers | undefined, now: Date): SearchPlan {
  const { keys, terms } = query;
  const window = askedWindow(terms, now);
  if (buyers) {
    const { found, complete } = buyers;
    const bound: SearchBound = { kind: 'resembling', buyers: found.length, complete };
    return { bound, scope: jobsOfBuyers(found), window, ranked: true };
  }
  if (keys.length > 0) return { bound: { kind: 'keys' }, scope: jobsOfKeys(keys), window, ranked: false };
  const states = boundingStates(terms);
  if (states)
    return { bound: { kind: 'states', states }, scope: jobsInStates(states), window, ranked: false };
  const from = window.from ?? new Date((window.before ?? now).getTime() - defaultMs);
  const { before } = window;
  const bound: SearchBound = { kind: 'time', from, before, byDefault: window.from === null };
  return { bound, scope: jobsInTime, window: { from, before }, ranked: false };
}
