import type { Finding } from '../../cli/duties.ts';
import type { PastScrub } from '../../ports/storageScrub.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readScrub } from '../../store/inspection/readScrub.ts';
import { findingsOf, type Check } from './check.ts';

const dayMs = 86_400_000;
/** A quarter, with some days to get round to it. */
const scrubEveryDays = 100;
/** One that is at work tells of itself at least each minute. */
const underWayMs = 2 * 60_000;

/** When all that is stored was looked at last, and what that has shown. */
export const scrubCheck: Check = {
  name: 'stored files',
  run: async ({ config }) => judgeScrub(await connectOnce(config.database.readerUrl, readScrub)),
};

const { ok, note, warning } = findingsOf('stored files');
const scrubIt = 'Run it: fulfillment storage scrub --repair';

/** @param scrub the latest of the whole store */
export function judgeScrub(scrub: PastScrub | undefined): Finding[] {
  if (!scrub) return [note('what is stored was never checked as a whole (fulfillment storage scrub)')];
  const { agoMs, silentMs, finished, checked, broken, repair } = scrub;
  const seen = `${checked} ${checked === 1 ? 'file' : 'files'}`;
  const when = whenOf(agoMs);
  if (broken > 0)
    return [
      warning(
        `the last scrub (${when}) found ${broken} of ${seen} broken`,
        repair ? 'What to do stands with each: fulfillment storage scrub --repair' : scrubIt,
      ),
    ];
  if (!finished && silentMs <= underWayMs) return [note(`a scrub is under way: ${seen} so far, all sound`)];
  if (!finished)
    return [
      warning(
        `a scrub was begun ${when} and not finished: ${seen} were looked at`,
        'The same command goes on.',
      ),
    ];
  if (agoMs > scrubEveryDays * dayMs)
    return [warning(`the last scrub of all stored files was ${when}`, scrubIt)];
  return [ok(`the last scrub (${when}) found all ${seen} as they were stored`)];
}

function whenOf(agoMs: number): string {
  const days = Math.floor(agoMs / dayMs);
  return days <= 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
}
