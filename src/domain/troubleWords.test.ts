import { describe, expect, it } from 'vitest';
import { clause, passingTime, reasonText, undoneText } from './troubleWords.ts';

describe('trouble in words', () => {
  it.each([
    ['The storage answered 503.', 'the storage answered 503'],
    ['Stripe’s API does not know it.', 'Stripe’s API does not know it'],
    ['IMAP is away.', 'IMAP is away'],
    ['PaymentIntent pi_1 is not paid.', 'PaymentIntent pi_1 is not paid'],
    ['  2 attempts had no answer. ', '2 attempts had no answer'],
    ['', ''],
  ])('makes %j a part of a sentence', (sentence, part) => {
    expect(clause(sentence)).toBe(part);
  });

  const files = (effects: string[], lines = 1) => undoneText('storage', { effects, lines, unknown: false });

  it('names files one by one, and counts them when they are many', () => {
    expect(files(['copy:1:epub'])).toBe('the EPUB is not stored');
    expect(files(['copy:1:epub', 'receipt-pdf'])).toBe('the EPUB and the receipt’s PDF are not stored');
    expect(files(['copy:2:pdf'], 2)).toBe('the PDF of line 2 is not stored');
    expect(files(['copy:1:pdf', 'copy:1:epub', 'copy:2:pdf', 'copy:2:epub'], 2)).toBe(
      '4 files are not stored',
    );
    expect(files(['constructor'])).toBe('the files are not stored');
  });

  it('has words for steps and reasons that nobody foresaw', () => {
    expect(undoneText('constructor', { effects: [], lines: 1, unknown: true })).toBe(
      'constructor is not done',
    );
    expect(reasonText('__proto__')).toBe('  proto  ');
    expect(reasonText('mailbox_refused')).toBe('mailbox refused');
  });

  it('names the day of a moment only when it is another one', () => {
    const now = new Date('2026-11-22T23:59:00Z');
    expect(passingTime(new Date('2026-11-22T14:05:59Z'), now)).toBe('14:05 UTC');
    expect(passingTime(new Date('2026-11-23T00:01:00Z'), now)).toBe('2026-11-23 00:01 UTC');
  });
});
