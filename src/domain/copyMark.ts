/** What a buyer's copy is marked with, and how far a shop insists on it. */

/** How far a copy of a file can be marked: a visible line and hidden marks, hidden marks alone, or not at all. */
export const markReaches = ['full', 'hidden', 'none'] as const;
export type MarkReach = (typeof markReaches)[number];

/**
 * What a shop accepts of a file that cannot be marked in full. `block`: nothing is sold of it. `generic`: a copy with
 * hidden marks alone. `plain`: the book as it is, with a finding for a human.
 */
export const markingPolicies = ['block', 'generic', 'plain'] as const;
export type MarkingPolicy = (typeof markingPolicies)[number];

/** Whether a file whose copies are marked this far may be sold under this policy. */
export function acceptsReach(policy: MarkingPolicy, reach: MarkReach): boolean {
  if (reach === 'full') return true;
  return policy === 'plain' || (policy === 'generic' && reach === 'hidden');
}

/** On which pages of a PDF the line stands. EPUBs have a page of their own for it. */
export type MarkedPages = 'all' | 'first' | { every: number };

/** The text of the visible line per language (ISO 639-1), with the placeholders `{name}`, `{order}` and `{shop}`. */
export type MarkingText = Record<string, string>;

export interface Marking {
  policy: MarkingPolicy;
  pages: MarkedPages;
  text: MarkingText;
}

export const defaultMarkingText: MarkingText = {
  en: 'Licensed to {name} · order {order}',
  pl: 'Egzemplarz dla: {name} · zamówienie {order}',
};

/** Of a product whose catalogue says nothing else. */
export const defaultMarking: Marking = { policy: 'block', pages: 'all', text: {} };

/** Of a larger file only the beginning and the end are searched for marks. */
export const markedFileBytesMax = 512 * 1024 * 1024;
