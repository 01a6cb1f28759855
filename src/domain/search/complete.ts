import type { SearchVocabulary } from './query.ts';
import { qualifiers, searchFlags } from './query.ts';
import { quoted } from './tokens.ts';
import { namesOf, type NamedQualifier } from './values.ts';

export interface Candidate {
  /** Replaces the text between `from` and the cursor. */
  text: string;
  /** What it means, in a few words; empty when the name says it. */
  hint: string;
}

export interface Completion {
  /** Where the replaced text begins, in UTF-16 code units. */
  from: number;
  candidates: Candidate[];
}

const qualifierHints: Record<(typeof qualifiers)[number], string> = {
  status: 'state of the job, or what support sees',
  step: 'where it waits or has failed',
  reason: 'why it waits, is blocked or has failed',
  provider: 'which provider is involved',
  age: 'how long an unfinished one waits',
  amount: 'what was paid, in main units',
  created: 'when it came, UTC or how long ago',
  has: 'what there is of it',
};

const examples: Partial<Record<string, Candidate[]>> = {
  age: [
    { text: '>5m', hint: 'older than five minutes' },
    { text: '>1h', hint: 'older than an hour' },
    { text: '<1d', hint: 'younger than a day' },
  ],
  amount: [
    { text: '>20', hint: 'more than 20' },
    { text: '10..50', hint: 'from 10 to 50' },
    { text: '49EUR', hint: 'exactly 49 euros' },
  ],
  created: [
    { text: 'today', hint: 'since midnight UTC' },
    { text: 'yesterday', hint: 'the day before, UTC' },
    { text: '<2d', hint: 'less than two days ago' },
    { text: '<30d', hint: 'less than 30 days ago' },
  ],
};

const lastToken = /(?:^|\s)(\S*)$/;
const qualified = /^-?([a-z]+):(.*)$/i;
const nameMaxCandidates = 20;

/** What may follow at the cursor: qualifiers, or the values of the one that is being written. */
export function completeSearch(text: string, cursor: number, vocabulary: SearchVocabulary): Completion {
  const before = text.slice(0, cursor);
  const token = lastToken.exec(before)?.[1] ?? '';
  const [, name, value] = qualified.exec(token) ?? [];
  if (name === undefined || value === undefined) return completeQualifier(token, cursor);
  const typed = value.slice(value.lastIndexOf(',') + 1);
  const beginning = unquoted(typed);
  const candidates = valuesOf(name.toLowerCase(), vocabulary).filter((candidate) =>
    unquoted(candidate.text).startsWith(beginning),
  );
  return { from: cursor - typed.length, candidates: candidates.slice(0, nameMaxCandidates) };
}

function completeQualifier(token: string, cursor: number): Completion {
  const typed = token.startsWith('-') ? token.slice(1) : token;
  const candidates = qualifiers
    .filter((name) => name.startsWith(typed.toLowerCase()))
    .map((name) => ({ text: `${name}:`, hint: qualifierHints[name] }));
  return { from: cursor - typed.length, candidates };
}

const unquoted = (text: string) => text.replace(/^"/, '').toLowerCase();

const isNamed = (name: string): name is NamedQualifier =>
  (qualifiers as readonly string[]).includes(name) && !(name in examples);

function valuesOf(name: string, vocabulary: SearchVocabulary): Candidate[] {
  if (!isNamed(name)) return examples[name] ?? [];
  return namesOf(name, vocabulary).map((value) => ({
    text: /[\s",]/.test(value) ? quoted(value) : value,
    hint: name === 'has' ? searchFlags[value as keyof typeof searchFlags] : '',
  }));
}
