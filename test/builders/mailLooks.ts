import { readFileSync } from 'node:fs';
import type { Chromium } from './chromium.ts';

/** It runs inside the page. */
const seenInPage = readFileSync(new URL('mailSeen.js', import.meta.url), 'utf8');

export interface Look {
  width: number;
  dark: boolean;
}

/** A phone and a pane of a desk, by day and by night. */
export const looks: readonly Look[] = [
  { width: 360, dark: false },
  { width: 360, dark: true },
  { width: 800, dark: false },
  { width: 800, dark: true },
];

/** What is wrong with a mail as a browser shows it, one line each; empty: nothing. */
export async function faultsOf(
  browser: Chromium,
  html: string,
  { lang, title }: { lang: string; title: string },
): Promise<string[]> {
  await browser.show(html);
  const seen = (await browser.inPage(seenInPage)) as { faults: string[]; lang: string; title: string };
  // Whatever the document wants to load is asked for by then.
  await browser.inPage('new Promise((resolve) => setTimeout(resolve, 0))');
  return [
    ...seen.faults,
    ...(seen.lang === lang ? [] : [`its language is ${seen.lang}`]),
    ...(seen.title === title ? [] : [`its title is "${seen.title}"`]),
    ...browser.requested().map((url) => `it asks for ${url}`),
  ];
}
