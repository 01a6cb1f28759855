import { describe, expect, it } from 'vitest';
import { isBeyond } from './mailGate.ts';

const brake = { perHour: 10, pastPerHour: 2, pastAfterMs: 1 };

describe('the brake', () => {
  it.each([
    ['as many as may be', { mails: 10, past: 2 }, false],
    ['one too many', { mails: 11, past: 0 }, true],
    ['one too many about the past', { mails: 3, past: 3 }, true],
  ])('with %s', (_, written, beyond) => {
    expect(isBeyond(brake, written)).toBe(beyond);
  });

  it('is never pulled where there is no limit', () => {
    expect(isBeyond({ ...brake, perHour: 0 }, { mails: 1_000_000, past: 2 })).toBe(false);
    expect(isBeyond({ ...brake, pastPerHour: 0 }, { mails: 5, past: 5 })).toBe(false);
  });
});
