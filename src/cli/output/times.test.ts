import { describe, expect, it } from 'vitest';
import { durationMs, durationText, relativeText, timeText } from './times.ts';

const now = new Date('2026-11-22T10:00:00Z');

describe('times', () => {
  it.each([
    [0, '0s'],
    [59.9, '59s'],
    [60, '1m'],
    [3_661, '1h 1m'],
    [90_061, '1d 1h'],
    [86_460, '1d'],
  ])('%d seconds last %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it.each([
    ['2026-11-22T09:55:00Z', '5m ago'],
    ['2026-11-22T12:01:00Z', 'in 2h 1m'],
    ['2026-11-22T10:00:00.400Z', 'now'],
    ['never', 'never'],
  ])('%s is %s', (iso, text) => {
    expect(relativeText(iso, now)).toBe(text);
  });

  it('are told both ways', () => {
    expect(timeText('2026-11-22T09:55:00.123Z', now)).toBe('2026-11-22 09:55:00 UTC (5m ago)');
  });

  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['250ms', 250],
    ['30', undefined],
    ['-1s', undefined],
    ['1h30m', undefined],
  ])('%s are %s milliseconds', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
