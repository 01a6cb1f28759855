import { describe, expect, it } from 'vitest';
import { isSilent, listenedSince, silentAfterMs } from './mailSilence.ts';

const minute = 60_000;
const now = new Date('2026-11-22T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * minute);

describe('silence about mails', () => {
  it('counts from the last word, or from when anybody began to listen', () => {
    expect(listenedSince({ expectedSince: null, heardAt: ago(1) })).toBeNull();
    expect(listenedSince({ expectedSince: ago(5), heardAt: null })).toEqual(ago(5));
    expect(listenedSince({ expectedSince: ago(5), heardAt: ago(9) })).toEqual(ago(5));
    expect(listenedSince({ expectedSince: ago(5), heardAt: ago(1) })).toEqual(ago(1));
  });

  it.each([
    [60, 3, true],
    [59, 3, false],
    [600, 2, false],
    [60, 1_000, true],
  ])('of %d minutes with %d mails to tell of: %s', (minutes, awaiting, silent) => {
    expect(isSilent({ since: ago(minutes), awaiting, now }, 30 * minute)).toBe(silent);
  });

  it('is none where nobody listens, and lasts as long as a mail may wait', () => {
    expect(isSilent({ since: null, awaiting: 9, now }, 30 * minute)).toBe(false);
    expect(silentAfterMs(30 * minute)).toBe(60 * minute);
    expect(silentAfterMs(90 * minute)).toBe(90 * minute);
  });
});
