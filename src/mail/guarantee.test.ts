import { describe, expect, it } from 'vitest';
import type { MailerCapabilities } from '../ports/mailer.ts';
import { guaranteeOf, guaranteeOfAll, spanText } from './guarantee.ts';

const plain: MailerCapabilities = {
  dedupe: null,
  lookup: 'none',
  lookupLagMs: 0,
  acceptanceDurable: true,
  deliveryEvents: 'none',
};
const remembering = { ...plain, dedupe: { windowMs: 23 * 3_600_000, repeatAfterMs: 0 } };
const searchable = { ...plain, lookup: 'message_id', lookupLagMs: 60_000 } as const;

describe('what may be promised of a provider', () => {
  it('that only takes mails, is one side of the two: whichever was chosen', () => {
    expect(guaranteeOf(plain, 'repeat')).toMatchObject({
      strength: 'at_least_once',
      promise: expect.stringContaining('at most one double'),
      unknown: expect.stringContaining('repeated once, as an ambiguity on record'),
    });
    expect(guaranteeOf(plain, 'hold')).toMatchObject({
      strength: 'at_most_once',
      unknown: 'held for a person',
    });
    expect(guaranteeOf(plain, 'by_kind')).toMatchObject({ strength: 'by_kind' });
  });

  it('that drops repeats, is one acceptance, and no double after its memory ends', () => {
    expect(guaranteeOf(remembering, 'repeat')).toMatchObject({
      strength: 'exactly_once',
      promise: expect.stringMatching(/within 23 h; what is older is held for a person/),
      unknown: 'for 23 h repeated with the same key and bytes; then held for a person',
    });
  });

  it('that looks before it drops a repeat, tells how far apart repeats are', () => {
    const looking = { ...remembering, dedupe: { windowMs: 23 * 3_600_000, repeatAfterMs: 60_000 } };
    expect(guaranteeOf(looking, 'repeat')).toMatchObject({
      unknown: expect.stringContaining('60 s apart or more'),
      promise: expect.stringContaining('60 s later or more, may become a double that is not on record'),
    });
  });

  it('that can be asked, is one acceptance up to the lag of the answer', () => {
    expect(guaranteeOf(searchable, 'hold')).toEqual({
      strength: 'exactly_once',
      promise:
        'accepted exactly once, or held for a person after a lost answer, where a mail that was taken is found within 60 s; there is no double',
      unknown: 'looked for; when not found within 60 s held for a person',
    });
    expect(guaranteeOf(searchable, 'repeat').promise).toContain(
      'where it is found later, at most one double, on record',
    );
  });

  it('that may forget what it has accepted, hangs on whether it can be asked', () => {
    const forgetful = { ...plain, acceptanceDurable: false };
    expect(guaranteeOf(forgetful, 'repeat')).toMatchObject({
      strength: 'unproven',
      promise: expect.stringContaining('accepted, unproven'),
    });
    expect(guaranteeOf({ ...searchable, acceptanceDurable: false }, 'repeat')).toMatchObject({
      strength: 'at_least_once',
    });
    expect(guaranteeOf({ ...searchable, acceptanceDurable: false }, 'hold')).toMatchObject({
      strength: 'at_most_once',
      promise: expect.not.stringContaining('goes again'),
    });
    expect(guaranteeOf({ ...remembering, acceptanceDurable: false }, 'repeat')).toMatchObject({
      strength: 'unproven',
      promise: expect.stringContaining('no double within 23 h'),
    });
  });

  it('that may forget what it has accepted and tells all, is what its memory makes of it, and loses nothing in silence', () => {
    const told = { ...searchable, ...remembering, lookup: 'message_id', acceptanceDurable: false } as const;
    expect(guaranteeOf({ ...told, deliveryEvents: 'all' }, 'repeat')).toMatchObject({
      strength: 'told',
      promise: expect.stringMatching(
        /^accepted exactly once where .*; what it loses behind its answer is not sent/,
      ),
    });
    expect(guaranteeOf({ ...told, deliveryEvents: 'all' }, 'hold').promise).toContain(
      'so there is no double',
    );
  });

  it('that tells good news as well, awaits them before anything is repeated', () => {
    const { unknown } = guaranteeOf({ ...plain, deliveryEvents: 'all' }, 'hold');
    expect(unknown).toBe('for 15 min its news are awaited; then held for a person');
  });
});

describe('what may be promised of a set', () => {
  it('is one sentence that tells each in its order', () => {
    const sentence = guaranteeOfAll(
      [
        { name: 'resend', capabilities: remembering },
        { name: 'smtp', capabilities: plain },
      ],
      'hold',
    );
    expect(sentence).toMatch(
      /^Through resend each mail is accepted exactly once .*; where smtp takes over, it is at most once: [^.]*\.$/,
    );
  });
});

describe('a span', () => {
  it.each([
    [60_000, '60 s'],
    [120_000, '2 min'],
    [3_600_000, '60 min'],
    [82_800_000, '23 h'],
    [1_500, '1.5 s'],
    [0, '0 s'],
  ])('of %i ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
