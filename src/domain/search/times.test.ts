import { describe, expect, it } from 'vitest';
import { ageBounds, createdBounds, durationText, parseAge, parseCreated } from './times.ts';

const now = new Date('2026-11-05T10:30:00Z');

function created(text: string): Array<string | null> {
  const range = parseCreated(text);
  if (!range) throw new Error(`${text} was refused`);
  const { from, before } = createdBounds(range, now);
  return [from, before].map((date) => date?.toISOString().replace('.000Z', 'Z') ?? null);
}

describe('what created: means', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'],
    ['2026-11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['2026-11-01T14:05Z', '2026-11-01T14:05:00Z', '2026-11-01T14:06:00Z'],
    ['2026-11-01T14:05:09+02:00', '2026-11-01T12:05:09Z', '2026-11-01T12:05:10Z'],
    ['today', '2026-11-05T00:00:00Z', '2026-11-06T00:00:00Z'],
    ['yesterday', '2026-11-04T00:00:00Z', '2026-11-05T00:00:00Z'],
    ['2026-11-01..2026-11-05', '2026-11-01T00:00:00Z', '2026-11-06T00:00:00Z'],
    ['yesterday..today', '2026-11-04T00:00:00Z', '2026-11-06T00:00:00Z'],
    ['>2026-11-01', '2026-11-02T00:00:00Z', null],
    ['>=2026-11-01', '2026-11-01T00:00:00Z', null],
    ['<2026-11-01', null, '2026-11-01T00:00:00Z'],
    ['<=2026-11-01', null, '2026-11-02T00:00:00Z'],
    ['<2d', '2026-11-03T10:30:00Z', null],
    ['>2d', null, '2026-11-03T10:30:00Z'],
    ['1d..2d', '2026-11-03T10:30:00Z', '2026-11-04T10:30:00Z'],
  ])('%s', (text, from, before) => {
    expect(created(text)).toEqual([from, before]);
  });
});

describe('what age: means', () => {
  it('is a time of acceptance before now', () => {
    const range = parseAge('>5m');
    expect(range && ageBounds(range, now)).toEqual({ from: null, before: new Date('2026-11-05T10:25:00Z') });
  });
});

describe('a stretch of time', () => {
  it.each([
    [0, '0s'],
    [90, '90s'],
    [5_400, '90m'],
    [7_200, '2h'],
    [604_800, '7d'],
  ])('of %i seconds is written %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
