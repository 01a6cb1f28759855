import type { FoundPage, SearchBound } from '../../ports/search.ts';

const time = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What was looked at, so that nobody takes "not found" for "not there". */
export function boundSentence({
  bound,
  searchedBackTo,
}: Pick<FoundPage, 'bound' | 'searchedBackTo'>): string {
  const cut =
    searchedBackTo === null
      ? ''
      : ` That is much: this page has come back to ${time(searchedBackTo)}, and the next one goes on from there.`;
  return `${sentenceOf(bound)}${cut}`;
}

function sentenceOf(bound: SearchBound): string {
  switch (bound.kind) {
    case 'keys':
      return 'Looked at what the ids and addresses name, however old.';
    case 'resembling': {
      const whose = `Looked at the orders of ${bound.buyers} ${bound.buyers === 1 ? 'buyer who resembles' : 'buyers who resemble'} the words, the most similar first.`;
      return bound.complete
        ? whose
        : `${whose} There are more such buyers: add a stretch of time, as in created:2026-11-20..2026-11-22.`;
    }
    case 'states':
      return `Looked at all orders that are ${bound.states.join(', ') || 'in no state that fits'}.`;
    case 'time': {
      const until = bound.before === null ? '' : ` and before ${time(bound.before)}`;
      const wider = bound.byDefault ? ' Add created: to look further back.' : '';
      return `Looked at orders accepted since ${time(bound.from)}${until}.${wider}`;
    }
  }
}
