import { describe, expect, it } from 'vitest';
import { judgeScrub } from './scrub.ts';

const scrub = { repair: false, agoMs: 1_000, silentMs: 1_000, finished: true, checked: 12, broken: 0 };
const day = 86_400_000;

describe('the doctor about stored files', () => {
  it.each([
    ['one that found nothing', scrub, 'ok', /today\) found all 12 files as they were stored/],
    ['one that found something', { ...scrub, broken: 2 }, 'warning', /2 of 12 files broken/],
    ['one that is long ago', { ...scrub, agoMs: 101 * day }, 'warning', /101 days ago/],
    ['one at work', { ...scrub, finished: false }, 'note', /under way/],
    ['one that was cut off', { ...scrub, finished: false, silentMs: day }, 'warning', /not finished/],
    ['none', undefined, 'note', /never checked/],
  ])('judges %s', (_which, past, state, words) => {
    const findings = judgeScrub(past);
    expect(findings).toMatchObject([{ state, detail: expect.stringMatching(words) as string }]);
  });
});
