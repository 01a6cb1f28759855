import type { Language } from './order.ts';

/** The BCP 47 tag whose habits of dates and numbers a language follows. English readers are in Europe first. */
export function localeOf(language: Language): 'en-GB' | 'pl-PL' {
  return language === 'pl' ? 'pl-PL' : 'en-GB';
}
