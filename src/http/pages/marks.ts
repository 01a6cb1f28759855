import { trustedHtml, type Html } from '../../domain/html.ts';
import type { PageKind } from './words.ts';

const clock = '<circle cx="24" cy="24" r="18"/><path d="M24 13v11l7 5"/>';
const hourglass =
  '<path d="M13 6h22M13 42h22M16 6c0 11 16 13 16 18s-16 7-16 18M32 6c0 11-16 13-16 18s16 7 16 18"/>';
const lock =
  '<rect x="10" y="21" width="28" height="20" rx="4"/><path d="M16 21v-6a8 8 0 0 1 16 0v6M24 29v4"/>';
const questionMark =
  '<circle cx="24" cy="24" r="18"/><path d="M19 19.500a5 5 0 1 1 7.500 4.300c-1.700 1-2.500 2-2.500 3.700M24 33v.1"/>';

const bell =
  '<path d="M12 34h24c-3-3-4-6-4-13a8 8 0 0 0-16 0c0 7-1 10-4 13zM21 39a3.500 3.500 0 0 0 6 0M24 9v4"/>';
const check = '<circle cx="24" cy="24" r="18"/><path d="M16 25l6 6 11-13"/>';

const drawings: Record<PageKind, string> = {
  preparing: clock,
  unavailable: clock,
  expired: hourglass,
  limited: hourglass,
  timedOut: hourglass,
  revoked: lock,
  unknown: questionMark,
  noReceipt: questionMark,
  noCreditNote: questionMark,
  mailSent: check,
  mailTooSoon: hourglass,
  stopReminders: bell,
  remindersStopped: check,
};

/** A drawing that repeats what the heading says; readers of the page's text miss nothing. */
export function markOf(kind: PageKind): Html {
  return trustedHtml(
    `<svg class="mark" viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">${drawings[kind]}</svg>`,
  );
}
