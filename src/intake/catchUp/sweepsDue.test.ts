import { describe, expect, it } from 'vitest';
import type { CatchUpState } from '../../ports/catchUp.ts';
import { firstSeenUntil, sweepsDue } from './sweepsDue.ts';

const now = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const daysAgo = (days: number) => hoursAgo(24 * days);
const state = (changes: Partial<CatchUpState> = {}): CatchUpState => ({
  now,
  dueInMs: 0,
  seenUntil: hoursAgo(1),
  readAt: hoursAgo(0.1),
  watchedAt: null,
  sweptAt: hoursAgo(3),
  ...changes,
});
const startDate = daysAgo(100);

describe('sweeps', () => {
  it('begin with everything since the start date, and what may be paid two weeks later', () => {
    const fresh = state({ seenUntil: null, readAt: null, sweptAt: null });
    expect(sweepsDue(fresh, startDate)).toEqual([{ kind: 'first', since: daysAgo(114), until: now }]);
    // A service that begins in the future has a range all the same.
    const [ahead] = sweepsDue(fresh, daysAgo(-20));
    expect(ahead?.since).toEqual(hoursAgo(1));
    expect(sweepsDue(fresh, new Date(0))[0]?.since).toEqual(new Date(0));
  });

  it('are not needed while events are read', () => {
    expect(sweepsDue(state(), startDate)).toEqual([]);
    // In a quiet shop the last event is old; that nobody sold anything is no gap.
    expect(sweepsDue(state({ seenUntil: daysAgo(60) }), startDate)).toEqual([]);
  });

  it('are made over the last two days, once a day', () => {
    const daily = [{ kind: 'daily', since: daysAgo(2), until: now }];
    expect(sweepsDue(state({ sweptAt: hoursAgo(24) }), startDate)).toEqual(daily);
    expect(sweepsDue(state({ sweptAt: hoursAgo(23) }), startDate)).toEqual([]);
  });

  it('cover the time in which nobody looked, and sales before it whose money may have gone back then, once', () => {
    const away = { readAt: daysAgo(40), seenUntil: daysAgo(40), sweptAt: daysAgo(40) };
    expect(sweepsDue(state(away), daysAgo(900))).toEqual([{ kind: 'gap', since: daysAgo(220), until: now }]);
    // No further back than the first of all sweeps.
    expect(sweepsDue(state(away), startDate)).toEqual([{ kind: 'gap', since: daysAgo(114), until: now }]);
    expect(sweepsDue(state({ ...away, sweptAt: now }), startDate)).toEqual([]);
  });
});

describe('the first reading of events', () => {
  it('begins at the start date, as far as there are events', () => {
    expect(firstSeenUntil({ now }, daysAgo(3))).toEqual(daysAgo(3));
    expect(firstSeenUntil({ now }, daysAgo(300))).toEqual(daysAgo(29));
    expect(firstSeenUntil({ now }, daysAgo(-3))).toEqual(now);
  });
});
