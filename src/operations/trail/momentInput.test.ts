import { describe, expect, it } from 'vitest';
import { momentInput, parseMoment } from './momentInput.ts';

const now = new Date('2026-11-22T10:00:00Z');

describe('a point in time as people give it', () => {
  it.each([
    ['2026-11-22T09:30:00Z', '2026-11-22T09:30:00.000Z'],
    ['2026-11-22T09:30:00.250+01:00', '2026-11-22T08:30:00.250Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['24h', '2026-11-21T10:00:00.000Z'],
    ['90m', '2026-11-22T08:30:00.000Z'],
  ])('%s is read', (text, moment) => {
    expect(parseMoment(text, now)?.toISOString()).toBe(moment);
    expect(momentInput('since').safeParse(text).success).toBe(true);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-11-22T10:00:00',
    '7 d',
    '-3d',
    '2026-11-22T25:00:00Z',
    '99999999h',
  ])('%j is refused', (text) => {
    expect(parseMoment(text, now)).toBeUndefined();
    expect(momentInput('since').safeParse(text).success).toBe(false);
  });
});
