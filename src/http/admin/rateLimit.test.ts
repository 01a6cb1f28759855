import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rateLimit.ts';

function limiter(perMinuteMax: number, keysMax?: number) {
  const time = { ms: 0 };
  const clock = { elapsedMs: () => time.ms };
  return {
    time,
    ...createRateLimiter({ clock, perMinuteMax, ...(keysMax === undefined ? {} : { keysMax }) }),
  };
}

describe('a rate limiter', () => {
  it('gives out as many as a minute has, then says how long to wait', () => {
    const { take, time } = limiter(3);
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 20]);
    expect(take('b')).toBe(0);
    time.ms = 19_000;
    expect(take('a')).toBe(1);
    time.ms = 20_000;
    expect(take('a')).toBe(0);
    expect(take('a')).toBe(20);
  });

  it('saves up no more than one minute’s worth', () => {
    const { take, time } = limiter(2);
    time.ms = 3_600_000;
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 30]);
    time.ms = 7_200_000;
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 30]);
  });

  it('tells how long to wait without taking anything', () => {
    const { take, waitSeconds } = limiter(1);
    expect([waitSeconds('a'), waitSeconds('a'), take('a'), waitSeconds('a')]).toEqual([0, 0, 0, 60]);
  });

  it('takes back what was not needed, and no more than a bucket holds', () => {
    const { take, giveBack, time } = limiter(2);
    expect([take('a'), take('a')]).toEqual([0, 0]);
    giveBack('a');
    expect([take('a'), take('a')]).toEqual([0, 30]);
    time.ms = 3_600_000;
    giveBack('a');
    giveBack('nobody');
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 30]);
  });

  it('does not extend the wait of whoever keeps asking', () => {
    const { take, time } = limiter(1);
    take('a');
    for (time.ms = 1_000; time.ms < 60_000; time.ms += 1_000) expect(take('a')).toBeGreaterThan(0);
    expect(take('a')).toBe(0);
  });

  it('forgets whoever was quiet the longest when there are too many', () => {
    const { take } = limiter(1, 2);
    expect([take('a'), take('b'), take('a'), take('c')]).toEqual([0, 0, 60, 0]);
    // b is forgotten, a is not: it has asked since.
    expect([take('a'), take('b')]).toEqual([60, 0]);
  });
});
