import { jobStates } from '../job.ts';
import { editDistance, nearest } from './editDistance.ts';
import type { SearchError, SearchTerm, SearchVocabulary } from './query.ts';
import { searchFlags } from './query.ts';

/** Qualifiers whose values are names. */
export type NamedQualifier = Extract<SearchTerm, { values: string[] }>['qualifier'];

/** What `status:` takes: the job's states, and what support sees of an open job. `pending` is `open`. */
export function statusValues(vocabulary: SearchVocabulary): string[] {
  return [...jobStates, 'pending', 'pending_retry', ...vocabulary.steps.map((step) => `pending_${step}`)];
}

/** The names a qualifier takes; empty: any well-formed one. */
export function namesOf(qualifier: NamedQualifier, vocabulary: SearchVocabulary): readonly string[] {
  switch (qualifier) {
    case 'status':
      return statusValues(vocabulary);
    case 'step':
      return vocabulary.steps;
    case 'reason':
      return vocabulary.reasons;
    case 'provider':
      return vocabulary.providers;
    case 'has':
      return Object.keys(searchFlags);
  }
}

const wellFormed = /^[\p{L}\p{N}][\p{L}\p{N} _.@-]{0,99}$/u;
const pendingStep = /^pending_[a-z0-9_]{1,40}$/;

/** Reasons and providers come and go with what runs: one that nobody knows now may have been known yesterday. */
const isOpen = (qualifier: NamedQualifier) => qualifier === 'reason' || qualifier === 'provider';

/** The name as it is stored, whatever case it was typed in. */
export function readName(
  qualifier: NamedQualifier,
  typed: string,
  vocabulary: SearchVocabulary,
): string | undefined {
  const names = namesOf(qualifier, vocabulary);
  const name = typed.toLowerCase();
  if (qualifier === 'status') {
    if (name === 'pending') return 'open';
    if (vocabulary.steps.length === 0 && pendingStep.test(name)) return name;
  }
  const known = names.find((one) => one.toLowerCase() === name);
  if (known !== undefined) return known;
  // One letter beside a known name is a typing error.
  const mayBeNew = names.length === 0 || (isOpen(qualifier) && !names.some((one) => isTypo(name, one)));
  return mayBeNew && wellFormed.test(typed) ? typed : undefined;
}

const isTypo = (name: string, known: string) => editDistance(name.slice(0, 100), known.toLowerCase()) === 1;

/** Up to twelve names, for an error's remedy. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ');
  return names.length > 12 ? `${shown}, …` : shown;
}

/** Says that a name is not known here, and which one was probably meant. */
export function unknownName(
  { qualifier, typed }: { qualifier: NamedQualifier; typed: string },
  where: Pick<SearchError, 'token' | 'at'>,
  vocabulary: SearchVocabulary,
): SearchError {
  const names = namesOf(qualifier, vocabulary);
  const meant = nearest(typed, names);
  const sign = where.token.startsWith('-') ? '-' : '';
  const error: SearchError = {
    ...where,
    code: 'unknown_value',
    message: `${qualifier}: does not know ${JSON.stringify(typed.slice(0, 60))}.`,
    remedy: meant
      ? `Did you mean ${qualifier}:${meant}?`
      : names.length > 0
        ? `Write one of: ${listed(names)}.`
        : 'Write a name of letters, digits and underscores.',
  };
  return meant === undefined ? error : { ...error, suggestion: `${sign}${qualifier}:${meant}` };
}
