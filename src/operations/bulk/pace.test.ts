import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { createPace } from './pace.ts';

/** How many have begun, of a loop that takes no time for itself. */
function begin(ratePerSecond: number) {
  const clock = createManualClock();
  const pace = createPace(clock, ratePerSecond);
  const stopping = new AbortController();
  const begunAtMs: number[] = [];
  const ended = (async () => {
    while (begunAtMs.length < 100) {
      await pace.turn(stopping.signal);
      if (stopping.signal.aborted) return;
      begunAtMs.push(clock.elapsedMs());
    }
  })();
  return { clock, pace, begunAtMs, stop: () => stopping.abort(), ended };
}

describe('the pace of a run', () => {
  it('lets the first begin at once, and each other an interval later', async () => {
    const { clock, begunAtMs } = begin(4);
    await clock.advance(0);
    await clock.advance(1_000);
    expect(begunAtMs).toEqual([0, 250, 500, 750, 1_000]);
  });

  it('does not make up for time that was lost', async () => {
    const clock = createManualClock();
    const pace = createPace(clock, 10);
    const { signal } = new AbortController();
    await pace.turn(signal);
    await clock.advance(60_000);
    await pace.turn(signal);
    const next = pace.turn(signal);
    expect(clock.sleeping()).toBe(1);
    await clock.advance(100);
    await next;
  });

  it('ends at once when it is to stop', async () => {
    const { stop, ended, begunAtMs } = begin(1);
    await new Promise((resolve) => setImmediate(resolve));
    stop();
    await ended;
    expect(begunAtMs).toEqual([0]);
  });
});
