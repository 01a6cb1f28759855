import type { SearchError } from './query.ts';
import { searchLimits } from './query.ts';

export interface TokenPart {
  text: string;
  /** Some of it stood in quotes. */
  quoted: boolean;
}

/** A stretch of the text without blanks outside quotes: a bare word or key, or `qualifier:value,value`. */
export interface Token {
  /** As typed. */
  raw: string;
  at: number;
  negated: boolean;
  /** Lower case; null for a bare token, which then has one part. */
  qualifier: string | null;
  parts: TokenPart[];
}

const blank = /[\s\u0085\p{Zs}]/u;
/** Pasted ids often carry these, and nobody can see them. */
const invisible = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
/** Not the beginning of a pasted link. */
const qualifierName = /^(?!https?$)[A-Za-z_]{1,20}$/i;

/** A token while it is read. */
interface Draft extends Token {
  part: TokenPart;
}

const draftAt = (at: number): Draft => {
  const part = { text: '', quoted: false };
  return { raw: '', at, negated: false, qualifier: null, parts: [part], part };
};

function finish(draft: Draft): Token {
  const { raw, at, negated, qualifier } = draft;
  const parts = draft.parts.map(({ text, quoted }) => ({ text: text.normalize('NFC'), quoted }));
  return { raw: raw.normalize('NFC'), at, negated, qualifier, parts };
}

/** Adds a character that stands outside quotes. */
function add(draft: Draft, character: string): void {
  const { part } = draft;
  const bare = draft.qualifier === null;
  if (character === '-' && draft.raw === '-') draft.negated = true;
  else if (character === ':' && bare && !part.quoted && qualifierName.test(part.text)) {
    draft.qualifier = part.text.toLowerCase();
    part.text = '';
  } else if (character === ',' && !bare) {
    draft.part = { text: '', quoted: false };
    draft.parts.push(draft.part);
  } else part.text += character;
}

/**
 * Cuts a text into tokens. In quotes everything is itself, blanks, commas and colons too; `\"` is a quote and `\\` a
 * backslash.
 */
export function tokensOf(text: string): { tokens: Token[] } | { error: SearchError } {
  const tokens: Token[] = [];
  let draft: Draft | undefined;
  let inQuotes = false;
  let escaped = false;
  let at = 0;
  for (const character of text.toWellFormed()) {
    const here = at;
    at += character.length;
    const separates = blank.test(character);
    if (!separates && invisible.test(character)) continue;
    if (separates && !inQuotes) {
      if (draft) tokens.push(finish(draft));
      draft = undefined;
      continue;
    }
    draft ??= draftAt(here);
    draft.raw += separates ? ' ' : character;
    if (inQuotes && !escaped && character === '\\') escaped = true;
    else if (character === '"' && !escaped) {
      inQuotes = !inQuotes;
      draft.part.quoted = true;
    } else if (inQuotes) {
      draft.part.text += separates ? ' ' : character;
      escaped = false;
    } else add(draft, character);
  }
  if (draft && inQuotes) {
    const { raw: token, at: start } = draft;
    return {
      error: {
        code: 'unclosed_quote',
        token,
        at: start,
        message: `The quote in ${token} is not closed.`,
        remedy: 'Add a " at the end, or leave the opening one out.',
      },
    };
  }
  if (draft) tokens.push(finish(draft));
  return { tokens };
}

/** Whether a text is short enough to be read at all. */
export function tooLong(text: string): SearchError | undefined {
  const { textMaxUnits } = searchLimits;
  if (text.length <= textMaxUnits) return undefined;
  return {
    code: 'too_long',
    token: `${text.slice(0, 20)}…`,
    at: 0,
    message: `A query has at most ${textMaxUnits} characters; this one has ${text.length}.`,
    remedy: 'Search for fewer keys at a time.',
  };
}

/** A value as it stands in a query, in quotes where it needs them. */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, String.raw`\$&`)}"`;
}
