import { describe, expect, it } from 'vitest';
import { dayIn, dayText, momentText } from './calendar.ts';

describe('dayIn', () => {
  it('is the day of the shop, not of Greenwich', () => {
    const late = new Date('2026-12-31T23:30:00Z');
    expect(dayIn('Europe/Warsaw', late)).toBe('2027-01-01');
    expect(dayIn('America/New_York', late)).toBe('2026-12-31');
    expect(dayIn('UTC', late)).toBe('2026-12-31');
  });

  it('knows summer time', () => {
    expect(dayIn('Europe/Warsaw', new Date('2026-07-01T22:30:00Z'))).toBe('2026-07-02');
    expect(dayIn('Europe/Warsaw', new Date('2026-01-01T22:30:00Z'))).toBe('2026-01-01');
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => dayIn('Europe/Atlantis', new Date(0))).toThrow(RangeError);
  });
});

describe('dayText', () => {
  it('writes days as people do', () => {
    expect(dayText('2026-11-24', 'en')).toBe('24 November 2026');
    expect(dayText('2026-11-24', 'pl')).toBe('24 listopada 2026');
  });
});

describe('momentText', () => {
  it('tells day, time and zone', () => {
    const moment = new Date('2026-11-26T22:05:00Z');
    expect(momentText(moment, 'Europe/Warsaw', 'en')).toBe('26 November 2026, 23:05 CET');
    expect(momentText(moment, 'Europe/Warsaw', 'pl')).toBe('26 listopada 2026, 23:05 CET');
    expect(momentText(new Date('2026-01-01T23:00:00Z'), 'Europe/Warsaw', 'en')).toBe(
      '2 January 2026, 00:00 CET',
    );
  });
});
