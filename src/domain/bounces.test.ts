import { describe, expect, it } from 'vitest';
import { type BounceCodes, bounceText, isAboutAddress } from './bounces.ts';

const gaveUp = 'the sending server gave up after retrying';

describe('why a mail came back, in words', () => {
  it.each<[BounceCodes, string]>([
    [{ cause: 'address', status: '5.1.1' }, 'there is no such mailbox (5.1.1)'],
    [{ cause: 'policy', status: '5.7.1' }, 'the other side does not want it from this sender (5.7.1)'],
    [{ cause: 'mailbox_full', status: '5.2.2' }, 'the mailbox is full (5.2.2)'],
    [{ cause: 'unknown', status: null }, 'nobody says why'],
    [{ cause: null }, 'nobody says why'],
    // Made up, or the name of something that every object has.
    [{ cause: 'constructor', status: '5.0.0' }, 'nobody says why (5.0.0)'],
    [{ cause: 'unknown', status: '4.4.7', permanence: 'hard' }, `${gaveUp} (4.4.7)`],
    [{ cause: 'mailbox_full', status: '4.2.2' }, `the mailbox is full, and ${gaveUp} (4.2.2)`],
    // Whoever still tries has not given up.
    [{ cause: 'unknown', status: '4.4.1', permanence: 'soft' }, 'the other side has put it off (4.4.1)'],
    [{ cause: 'mailbox_full', status: '4.2.2', permanence: 'soft' }, 'the mailbox is full (4.2.2)'],
  ])('of %j is "%s"', (bounce, text) => {
    expect(bounceText(bounce)).toBe(text);
  });
});

describe('the address', () => {
  it.each([
    ['address', '5.1.1', true],
    ['address', '5.4.4', true],
    ['address', undefined, true],
    // Never verified, or its domain never found, as long as was tried.
    ['unknown', '4.1.1', true],
    ['unknown', '4.1.2', true],
    ['unknown', '4.4.3', true],
    ['unknown', '4.4.4', true],
    ['policy', '4.1.8', false],
    ['unknown', '4.4.1', false],
    ['unknown', '4.4.7', false],
    ['mailbox_full', '4.2.2', false],
    ['policy', '5.7.1', false],
    ['unknown', undefined, false],
  ])('may be what is wrong with cause %s and status %s: %s', (cause, status, is) => {
    expect(isAboutAddress({ cause, status })).toBe(is);
  });
});
